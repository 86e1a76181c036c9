import pg from "pg";

// Written from the catalogue by ourselves: pg_dump does not come with the embedded PostgreSQL, and its text differs between versions. What differs
// from 15 to 18 is left out here: NOT NULL as a constraint of its own (18), and the text of views (their columns are shown instead).

/** Schemas of the installation, in the order they are shown. */
const ourSchemas = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'";
/** Sorted the same way on every machine. */
const order = 'COLLATE "C"';

const grantee = "CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END";

type Row = Readonly<Record<string, string | null>>;

/** The database's schema as SQL to read and to diff: the same text for the same schema on PostgreSQL 15 to 18. `url` needs to see every object. */
export async function dumpSchema(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // Nothing in the search path, so that every name comes with its schema; `public.` is taken off again for reading.
    await client.query("SET search_path = ''");
    const parts = [
      await extensions(client),
      await schemas(client),
      await types(client),
      await sequences(client),
      await tables(client),
      await views(client),
      await routines(client),
      await triggers(client),
    ];
    return `${parts
      .flat()
      .join("\n\n")
      .replaceAll(/\bpublic\./g, "")}\n`;
  } finally {
    await client.end();
  }
}

async function ask(client: pg.Client, sql: string): Promise<Row[]> {
  const { rows } = await client.query<Record<string, string | number | boolean | bigint | null>>(sql);
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value === null ? null : String(value)])));
}

async function extensions(client: pg.Client): Promise<string[]> {
  const rows = await ask(
    client,
    `SELECT extname AS name FROM pg_catalog.pg_extension WHERE extname <> 'plpgsql' ORDER BY extname ${order}`,
  );
  return rows.map((row) => `CREATE EXTENSION ${row["name"]};`);
}

async function schemas(client: pg.Client): Promise<string[]> {
  const rows = await ask(
    client,
    `SELECT n.oid, n.nspname AS name FROM pg_catalog.pg_namespace n WHERE ${ourSchemas} ORDER BY n.nspname ${order}`,
  );
  const found: string[] = [];
  for (const row of rows) {
    const lines = row["name"] === "public" ? [] : [`CREATE SCHEMA ${row["name"]};`];
    lines.push(...(await grants(client, "pg_namespace", "nspacl", "nspowner", row["oid"] ?? "", `SCHEMA ${row["name"]}`)));
    if (lines.length > 0) found.push(lines.join("\n"));
  }
  return found;
}

async function types(client: pg.Client): Promise<string[]> {
  const enums = await ask(
    client,
    `SELECT t.oid::regtype::text AS name, string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) AS labels
     FROM pg_catalog.pg_type t JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
     WHERE ${ourSchemas} GROUP BY t.oid ORDER BY t.oid::regtype::text ${order}`,
  );
  const domains = await ask(
    client,
    `SELECT t.oid::regtype::text AS name, format_type(t.typbasetype, t.typtypmod) AS base, t.typnotnull AS strict,
       (SELECT string_agg(' CONSTRAINT ' || quote_ident(c.conname) || ' ' || pg_get_constraintdef(c.oid), '' ORDER BY c.conname ${order})
        FROM pg_catalog.pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'c') AS checks
     FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
     WHERE t.typtype = 'd' AND ${ourSchemas} ORDER BY t.oid::regtype::text ${order}`,
  );
  return [
    ...enums.map((row) => `CREATE TYPE ${row["name"]} AS ENUM (${row["labels"]});`),
    ...domains.map(
      (row) => `CREATE DOMAIN ${row["name"]} AS ${row["base"]}${row["strict"] === "true" ? " NOT NULL" : ""}${row["checks"] ?? ""};`,
    ),
  ];
}

/** Those that stand alone; the sequence of an identity column belongs to its column. */
async function sequences(client: pg.Client): Promise<string[]> {
  const rows = await ask(
    client,
    `SELECT c.oid, c.oid::regclass::text AS name, format_type(s.seqtypid, NULL) AS type, s.seqstart AS start, s.seqincrement AS step,
       s.seqmin AS least, s.seqmax AS most, s.seqcache AS cache, s.seqcycle AS cycle
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE ${ourSchemas} AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i')
     ORDER BY c.oid::regclass::text ${order}`,
  );
  const found: string[] = [];
  for (const row of rows) {
    const line =
      `CREATE SEQUENCE ${row["name"]} AS ${row["type"]} START ${row["start"]} INCREMENT ${row["step"]} MINVALUE ${row["least"]} ` +
      `MAXVALUE ${row["most"]} CACHE ${row["cache"]}${row["cycle"] === "true" ? " CYCLE" : ""};`;
    found.push([line, ...(await grants(client, "pg_class", "relacl", "relowner", row["oid"] ?? "", `SEQUENCE ${row["name"]}`))].join("\n"));
  }
  return found;
}

async function tables(client: pg.Client): Promise<string[]> {
  const rows = await ask(
    client,
    `SELECT c.oid, c.oid::regclass::text AS name, array_to_string(c.reloptions, ', ') AS options, pg_get_partkeydef(c.oid) AS partition,
       pg_get_expr(c.relpartbound, c.oid) AS bound, (SELECT i.inhparent::regclass::text FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid) AS parent
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND ${ourSchemas} ORDER BY c.oid::regclass::text ${order}`,
  );
  const found: string[] = [];
  for (const row of rows) found.push(await table(client, row));
  return found;
}

async function table(client: pg.Client, row: Row): Promise<string> {
  const oid = row["oid"] ?? "";
  const name = row["name"] ?? "";
  const body = [...(await columns(client, oid)), ...(await constraints(client, oid))].map((line) => `  ${line}`).join(",\n");
  const partition = row["partition"] === null ? "" : ` PARTITION BY ${row["partition"]}`;
  const options = row["options"] === null ? "" : ` WITH (${row["options"]})`;
  const lines = [`CREATE TABLE ${name} (\n${body}\n)${partition}${options};`];
  if (row["bound"] !== null) lines.push(`-- a partition of ${row["parent"]}: ${row["bound"]}`);
  const indexes = await ask(
    client,
    `SELECT pg_get_indexdef(i.indexrelid) AS text FROM pg_catalog.pg_index i
     WHERE i.indrelid = ${oid} AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x'))
     ORDER BY i.indexrelid::regclass::text ${order}`,
  );
  lines.push(...indexes.map((index) => `${index["text"]};`));
  lines.push(...(await comments(client, oid, name)));
  lines.push(...(await grants(client, "pg_class", "relacl", "relowner", oid, name)));
  lines.push(...(await columnGrants(client, oid, name)));
  return lines.join("\n");
}

async function columns(client: pg.Client, table: string): Promise<string[]> {
  const rows = await ask(
    client,
    `SELECT quote_ident(a.attname) AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS strict, a.attidentity AS identity,
       a.attgenerated AS generated, pg_get_expr(d.adbin, d.adrelid) AS value,
       CASE WHEN a.attcollation <> t.typcollation THEN (SELECT quote_ident(collname) FROM pg_catalog.pg_collation WHERE oid = a.attcollation) END AS collation
     FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
     LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attrelid = ${table} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
  );
  return rows.map((row) => {
    const words = [row["name"], row["type"]];
    if (row["collation"] !== null) words.push(`COLLATE ${row["collation"]}`);
    if (row["generated"] !== "") words.push(`GENERATED ALWAYS AS (${row["value"]}) ${row["generated"] === "s" ? "STORED" : "VIRTUAL"}`);
    else if (row["identity"] !== "") words.push(`GENERATED ${row["identity"] === "a" ? "ALWAYS" : "BY DEFAULT"} AS IDENTITY`);
    else if (row["value"] !== null) words.push(`DEFAULT ${row["value"]}`);
    if (row["strict"] === "true") words.push("NOT NULL");
    return words.join(" ");
  });
}

async function constraints(client: pg.Client, table: string): Promise<string[]> {
  const rows = await ask(
    client,
    `SELECT 'CONSTRAINT ' || quote_ident(c.conname) || ' ' || pg_get_constraintdef(c.oid) AS text FROM pg_catalog.pg_constraint c
     WHERE c.conrelid = ${table} AND c.contype IN ('p', 'u', 'c', 'f', 'x')
     ORDER BY position(c.contype::text IN 'puxfc'), c.conname ${order}`,
  );
  return rows.map((row) => row["text"] ?? "");
}

async function comments(client: pg.Client, table: string, name: string): Promise<string[]> {
  const rows = await ask(
    client,
    `SELECT (SELECT quote_ident(a.attname) FROM pg_catalog.pg_attribute a WHERE a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0) AS part,
       quote_literal(d.description) AS text
     FROM pg_catalog.pg_description d WHERE d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = ${table} ORDER BY d.objsubid`,
  );
  return rows.map((row) => `COMMENT ON ${row["part"] === null ? `TABLE ${name}` : `COLUMN ${name}.${row["part"]}`} IS ${row["text"]};`);
}

/** What others than the owner may do, in the alphabet's order. */
async function grants(client: pg.Client, catalogue: string, acl: string, owner: string, oid: string, name: string): Promise<string[]> {
  const rows = await ask(
    client,
    `SELECT g.who, string_agg(g.privilege, ', ' ORDER BY g.privilege ${order}) AS rights
     FROM (SELECT ${grantee} AS who, a.privilege_type AS privilege
           FROM pg_catalog.${catalogue} o, aclexplode(o.${acl}) a WHERE o.oid = ${oid} AND a.grantee <> o.${owner}) g
     GROUP BY g.who ORDER BY g.who ${order}`,
  );
  return rows.map((row) => `GRANT ${row["rights"]} ON ${name} TO ${row["who"]};`);
}

async function columnGrants(client: pg.Client, table: string, name: string): Promise<string[]> {
  const rows = await ask(
    client,
    `SELECT g.who, g.privilege, string_agg(g.name, ', ' ORDER BY g.name ${order}) AS columns
     FROM (SELECT ${grantee} AS who, a.privilege_type AS privilege, quote_ident(c.attname) AS name
           FROM pg_catalog.pg_attribute c, aclexplode(c.attacl) a WHERE c.attrelid = ${table} AND NOT c.attisdropped) g
     GROUP BY g.who, g.privilege ORDER BY g.who ${order}, g.privilege ${order}`,
  );
  return rows.map((row) => `GRANT ${row["privilege"]} (${row["columns"]}) ON ${name} TO ${row["who"]};`);
}

async function views(client: pg.Client): Promise<string[]> {
  const rows = await ask(
    client,
    `SELECT c.oid, c.oid::regclass::text AS name, CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'VIEW' END AS kind
     FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('v', 'm') AND ${ourSchemas} ORDER BY c.oid::regclass::text ${order}`,
  );
  const found: string[] = [];
  for (const row of rows) {
    const body = (await columns(client, row["oid"] ?? "")).map((line) => `--   ${line}`);
    const rights = await grants(client, "pg_class", "relacl", "relowner", row["oid"] ?? "", row["name"] ?? "");
    found.push([`-- ${row["kind"]} ${row["name"]}`, ...body, ...rights].join("\n"));
  }
  return found;
}

async function routines(client: pg.Client): Promise<string[]> {
  const rows = await ask(
    client,
    `SELECT pg_get_functiondef(p.oid) AS text FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
     WHERE p.prokind IN ('f', 'p') AND ${ourSchemas}
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
     ORDER BY p.oid::regprocedure::text ${order}`,
  );
  return rows.map((row) => `${(row["text"] ?? "").trimEnd()};`);
}

async function triggers(client: pg.Client): Promise<string[]> {
  const rows = await ask(
    client,
    `SELECT pg_get_triggerdef(t.oid) AS text FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
     JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE NOT t.tgisinternal AND ${ourSchemas}
     ORDER BY c.oid::regclass::text ${order}, t.tgname ${order}`,
  );
  return rows.map((row) => `${row["text"]};`);
}
