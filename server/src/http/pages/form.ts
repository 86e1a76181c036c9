import type { Hidden, Html, Value } from "./html.ts";
import { hiddenFields, html, safeAddress } from "./html.ts";

/** What was wrong with one field, as a sentence. `field` is the field's name; an empty one means the form as a whole. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

interface FieldView {
  readonly name: string;
  readonly label: Value;
  readonly value?: string | null;
  readonly hint?: Value;
  readonly errors?: readonly FieldError[];
  /** Makes ids unique where two forms of a page have a field of the same name. */
  readonly form?: string;
  readonly required?: boolean;
}

export interface TextFieldView extends FieldView {
  readonly type?: "text" | "email" | "tel" | "url" | "password";
  readonly autocomplete?: string;
  readonly inputmode?: "numeric" | "decimal" | "text";
  readonly maxlength?: number;
  /** For numbers and codes: a field no wider than what goes in. */
  readonly short?: boolean;
}

export interface Choice {
  readonly value: string;
  readonly text: Value;
  readonly hint?: Value;
}

/** The id of a field, which the summary of errors links to. */
export function fieldId(name: string, form = ""): string {
  return `${form === "" ? "" : `${form}-`}${name}`.replace(/[^A-Za-z0-9_-]/g, "-");
}

function errorOf(view: FieldView): string | undefined {
  return view.errors?.find((error) => error.field === view.name)?.message;
}

/** Label, hint and error around a control; the control gets the attributes that tie them together. */
function around(view: FieldView, control: (tied: Html) => Html): Html {
  const id = fieldId(view.name, view.form);
  const error = errorOf(view);
  const described = [view.hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter((part) => part !== false);
  const tied = html`id="${id}" name="${view.name}"${described.length > 0 && html` aria-describedby="${described.join(" ")}"`}${
    error !== undefined && html` aria-invalid="true"`
  }${view.required === true && html` required`}`;
  return html`<div class="field${error === undefined ? "" : " wrong"}"><label for="${id}">${view.label}</label>${hintAndError(view, id)}${control(tied)}</div>`;
}

function hintAndError(view: FieldView, id: string): Html {
  const error = errorOf(view);
  return html`${view.hint !== undefined && html`<p class="hint" id="${id}-hint">${view.hint}</p>`}${
    error !== undefined && html`<p class="error" id="${id}-error"><strong>Please mend:</strong> ${error}</p>`
  }`;
}

export function textField(view: TextFieldView): Html {
  return around(
    view,
    (tied) =>
      html`<input type="${view.type ?? "text"}" ${tied} value="${view.value ?? ""}"${view.short === true && html` class="short"`}${
        view.autocomplete !== undefined && html` autocomplete="${view.autocomplete}"`
      }${view.inputmode !== undefined && html` inputmode="${view.inputmode}"`}${
        view.maxlength !== undefined && html` maxlength="${view.maxlength}"`
      }>`,
  );
}

export function textArea(view: FieldView & { readonly rows?: number; readonly maxlength?: number }): Html {
  return around(
    view,
    // The line break after the tag is swallowed by browsers; without it a value's own first one would be.
    (tied) =>
      html`<textarea ${tied} rows="${view.rows ?? 3}"${view.maxlength !== undefined && html` maxlength="${view.maxlength}"`}>
${view.value ?? ""}</textarea>`,
  );
}

export function selectField(view: FieldView & { readonly choices: readonly Choice[]; readonly empty?: string }): Html {
  const empty = view.empty !== undefined && html`<option value="">${view.empty}</option>`;
  const options = view.choices.map(
    (choice) => html`<option value="${choice.value}"${choice.value === view.value && html` selected`}>${choice.text}</option>`,
  );
  return around(view, (tied) => html`<select ${tied}>${empty}${options}</select>`);
}

interface GroupView {
  readonly name: string;
  readonly legend: string;
  readonly hint?: Value;
  readonly choices: readonly Choice[];
  readonly errors?: readonly FieldError[];
  readonly form?: string;
}

/** One of several, each with its own explanation. */
export function radios(view: GroupView & { readonly value: string }): Html {
  return group(view, "radio", (choice) => choice.value === view.value);
}

/** Any of several; each box that is ticked sends `name` once. */
export function checkboxes(view: GroupView & { readonly values: readonly string[] }): Html {
  return group(view, "checkbox", (choice) => view.values.includes(choice.value));
}

function group(view: GroupView, type: "radio" | "checkbox", chosen: (choice: Choice) => boolean): Html {
  const base = fieldId(view.name, view.form);
  const error = view.errors?.find((one) => one.field === view.name)?.message;
  const described = [view.hint !== undefined && `${base}-hint`, error !== undefined && `${base}-error`].filter((part) => part !== false);
  const boxes = view.choices.map((choice, index) => {
    const id = index === 0 ? base : `${base}-${fieldId(choice.value)}`;
    const hinted = choice.hint !== undefined;
    return html`<div class="choice"><input type="${type}" id="${id}" name="${view.name}" value="${choice.value}"${chosen(choice) && html` checked`}${
      hinted && html` aria-describedby="${id}-what"`
    }><label for="${id}">${choice.text}</label>${hinted && html`<p class="hint" id="${id}-what">${choice.hint}</p>`}</div>`;
  });
  return html`<fieldset class="field${error === undefined ? "" : " wrong"}"${described.length > 0 && html` aria-describedby="${described.join(" ")}"`}><legend>${view.legend}</legend>${
    view.hint !== undefined && html`<p class="hint" id="${base}-hint">${view.hint}</p>`
  }${error !== undefined && html`<p class="error" id="${base}-error"><strong>Please mend:</strong> ${error}</p>`}${boxes}</fieldset>`;
}

export function checkbox(view: FieldView & { readonly checked: boolean }): Html {
  const id = fieldId(view.name, view.form);
  const hinted = view.hint !== undefined;
  return html`<div class="choice"><input type="checkbox" id="${id}" name="${view.name}" value="${view.value ?? "yes"}"${view.checked && html` checked`}${
    hinted && html` aria-describedby="${id}-hint"`
  }><label for="${id}">${view.label}</label>${hinted && html`<p class="hint" id="${id}-hint">${view.hint}</p>`}</div>`;
}

export interface ButtonView {
  readonly text: Value;
  readonly look?: "main" | "quiet" | "danger";
  readonly name?: string;
  readonly value?: string;
}

export function button(view: ButtonView): Html {
  const named = view.name !== undefined && html` name="${view.name}" value="${view.value ?? ""}"`;
  return html`<button type="submit" class="${view.look ?? "main"}"${named}>${view.text}</button>`;
}

/** A form that posts; `hidden` goes along unseen. The browser's own checks stay off: ours say more, and are read out in place. */
export function postForm(view: { readonly url: string; readonly hidden: Hidden; readonly body: Value; readonly label?: string }): Html {
  const label = view.label !== undefined && html` aria-label="${view.label}"`;
  return html`<form method="post" action="${safeAddress(view.url)}" novalidate${label}>${hiddenFields(view.hidden)}${view.body}</form>`;
}

/** What is wrong, at the top of the page, each with a way to its field. */
export function errorSummary(errors: readonly FieldError[], form = ""): Html {
  if (errors.length === 0) return html``;
  const lines = errors.map((error) =>
    error.field === "" ? html`<li>${error.message}</li>` : html`<li><a href="#${fieldId(error.field, form)}">${error.message}</a></li>`,
  );
  return html`<div class="note bad" role="alert"><h2>Something needs mending</h2><ul>${lines}</ul></div>`;
}
