import ts from "typescript";
import type { Import } from "./house-imports.ts";
import { checkImports } from "./house-imports.ts";

const mostLines = 400;

/** Files that are too long today, with the lines they have. A number may only fall; a file that is short again leaves the list. */
const tooLong: ReadonlyMap<string, number> = new Map([]);

/** The programs that read these accept nothing but a default export. */
const defaultExportNeeded: ReadonlySet<string> = new Set(["vitest.config.ts", "tools/count-reporter.ts", "mutation/vitest.config.ts"]);

const readsEnvironment = /^(server\/src\/config\.ts|tools\/|bench\/|mutation\/|server\/test\/|vitest\.config\.ts)/;
/** Time is handed to these as an argument. */
const withoutClock = /^(server\/src\/(domain|atarapay|ledger|events|actions)|emulator\/\w+)\//;
/** These draw from a seed that was handed to them, or not at all. */
const withoutChance = /^(server\/src\/domain|emulator\/\w+)\//;
const domain = /^server\/src\/domain\//;
const vague = /(^|\/)(utils?|helpers?|common|lib|misc|shared)\//;
const vagueFile = /(^|\/)(utils?|helpers?|common|misc)\.ts$/;
// Put together, so that this file does not contain them itself.
const foreignPaths = [["", "work", ""].join("/"), ["..", "shared"].join("/")];

export interface Inspection {
  /** How many TypeScript modules of the server's program were looked at: a check that saw none proves nothing. */
  readonly modules: number;
  readonly violations: readonly string[];
}

/** Holds every file (path from the repository's root → text) against the house rules. Only .ts and .mjs files are parsed. */
export function inspectHouse(files: ReadonlyMap<string, string>, exceptions: ReadonlyMap<string, number> = tooLong): Inspection {
  const violations: string[] = [];
  let modules = 0;
  for (const [path, text] of files) {
    const say = (what: string) => violations.push(`${path}: ${what}`);
    for (const foreign of foreignPaths) if (text.includes(foreign)) say(`contains ${foreign}`);
    if (!/\.(ts|tsx|mjs)$/.test(path)) continue;
    if (path.startsWith("server/src/") && !path.endsWith(".test.ts")) modules += 1;
    checkPath(path, say);
    checkLength(path, text, exceptions, say);
    checkSource(path, text, say);
  }
  for (const [path, lines] of exceptions) {
    const text = files.get(path);
    if (text === undefined || lineCount(text) <= mostLines) violations.push(`${path}: is short now, take it off the list of long files`);
    else if (lineCount(text) < lines) violations.push(`${path}: has ${lineCount(text)} lines, lower its number in the list of long files`);
  }
  return { modules, violations };
}

type Say = (what: string) => void;

function checkPath(path: string, say: Say): void {
  if (vague.test(path) || vagueFile.test(path)) say("has a place whose name says nothing: name it by what it does");
  if (/(^|\/)index\.tsx?$/.test(path)) say("is a barrel file by its name");
}

function checkLength(path: string, text: string, exceptions: ReadonlyMap<string, number>, say: Say): void {
  const lines = lineCount(text);
  if (lines > (exceptions.get(path) ?? mostLines)) say(`has ${lines} lines, more than ${exceptions.get(path) ?? mostLines}`);
}

function lineCount(text: string): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
}

function checkSource(path: string, text: string, say: Say): void {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const test = path.endsWith(".test.ts");
  const visit = (node: ts.Node): void => {
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    const found = findImport(node);
    if (found !== undefined) imports.push(found);
    if (node.kind === ts.SyntaxKind.AnyKeyword) say(`line ${line} says any`);
    if (ts.isEnumDeclaration(node)) say(`line ${line} has an enum`);
    if (isDefaultExport(node) && !defaultExportNeeded.has(path)) say(`line ${line} has a default export`);
    if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined && node.exportClause === undefined)
      say(`line ${line} re-exports a whole module`);
    if (!test) checkSurroundings(path, node, line, say);
    ts.forEachChild(node, visit);
  };
  visit(source);
  const isBarrel =
    source.statements.length > 0 && source.statements.every((one) => ts.isExportDeclaration(one) && one.moduleSpecifier !== undefined);
  if (isBarrel) say("is a barrel file: it only passes on what others export");
  for (const wrong of checkImports(path, imports)) say(wrong);
}

/** What the world around a function knows: environment, time, chance. */
function checkSurroundings(path: string, node: ts.Node, line: number, say: Say): void {
  const text =
    ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node) ? node.getText().replace(/\["(\w+)"\]/g, ".$1") : "";
  if (text === "process.env" && !readsEnvironment.test(path)) say(`line ${line} reads the environment`);
  if (withoutClock.test(path)) {
    const bareDate = ts.isNewExpression(node) && node.expression.getText() === "Date" && (node.arguments ?? []).length === 0;
    if (bareDate || text === "Date.now") say(`line ${line} looks at the clock`);
  }
  if (!withoutChance.test(path)) return;
  if (text === "Math.random" || text === "crypto.randomUUID" || text === "crypto.getRandomValues") say(`line ${line} draws at random`);
  if (!domain.test(path)) return;
  if (text === "performance.now" || text === "process.hrtime") say(`line ${line} looks at the clock`);
  if (ts.isCallExpression(node) && /^(setTimeout|setInterval|setImmediate|queueMicrotask|fetch)$/.test(node.expression.getText())) {
    say(`line ${line} reaches out of the domain with ${node.expression.getText()}`);
  }
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === "default";
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword);
}

function findImport(node: ts.Node): Import | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, typeOnly: node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined && ts.isStringLiteral(node.moduleSpecifier)) {
    return { specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [specifier] = node.arguments;
    return { specifier: specifier !== undefined && ts.isStringLiteral(specifier) ? specifier.text : "(computed)", typeOnly: false };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument) && ts.isStringLiteral(node.argument.literal)) {
    return { specifier: node.argument.literal.text, typeOnly: true };
  }
  return undefined;
}
