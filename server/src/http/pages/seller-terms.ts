import type { Html } from "./html.ts";
import { html } from "./html.ts";
import type { FieldError } from "./form.ts";
import { checkboxes, radios, textField } from "./form.ts";
import type { SellerSettingsView } from "./seller-settings-page.ts";
import { reasonChoices } from "./order-words.ts";

/** The fields of a seller's terms. */
export function settingsTerms(view: Pick<SellerSettingsView, "values" | "errors" | "reasonsWithFee" | "slaUnit" | "limits">): Html {
  const { errors, limits, values } = view;
  const days = `From 1 to ${limits.maxDays}.`;
  return html`${radios({
    name: "escrow_fee_bearer",
    legend: "Who bears the escrow fee",
    value: values.escrow_fee_bearer,
    errors,
    choices: [
      { value: "buyer", text: "The buyer", hint: "It is added to the price." },
      { value: "seller", text: "You", hint: "It is taken from what you are credited." },
      { value: "shared", text: "Both, half each" },
    ],
  })}
${radios({
  name: "rail_fee_bearer",
  legend: "Who bears the payment fee",
  value: values.rail_fee_bearer,
  errors,
  choices: [
    { value: "seller", text: "You" },
    { value: "buyer", text: "The buyer" },
  ],
})}
${radios({
  name: "provider_fee_bearer",
  legend: "Who bears the fee of paying a service provider",
  value: values.provider_fee_bearer,
  errors,
  choices: [
    { value: "before_split", text: "Both", hint: "It is taken off before the amount is split." },
    { value: "seller", text: "You" },
    { value: "service_provider", text: "The service provider" },
  ],
})}
${textField({ name: "non_split", label: "Yours before the split", hint: "In naira. This much of each order goes to you before the rest is split with the service provider.", value: values.non_split, inputmode: "decimal", short: true, errors })}
${radios({
  name: "policy",
  legend: "When the goods come back",
  value: values.policy,
  errors,
  choices: [
    { value: "refund", text: "Refund" },
    { value: "replacement", text: "Replacement only", hint: "Buyers cannot cancel after the free time." },
  ],
})}
${textField({ name: "sla", label: `Time in which the buyer may cancel free of charge, in ${view.slaUnit}`, hint: "Leave it empty if cancelling is always free.", value: values.sla, inputmode: "numeric", short: true, errors })}
${textField({ name: "cancellation_fee", label: "Cancellation fee", hint: `In naira, taken from the refund of a buyer who cancels later; at most ${limits.maxCancellationFeePercent} % of the product’s price. 0: none.`, value: values.cancellation_fee, inputmode: "decimal", short: true, errors })}
${reasonBoxes(view.reasonsWithFee, errors)}
${textField({ name: "max_delivery_days", label: "Days to deliver", hint: `${days} If you do not deliver in that time, the buyer gets the money back less the escrow fee.`, value: values.max_delivery_days, inputmode: "numeric", short: true, errors })}
${textField({ name: "accept_after_days", label: "Days after which silence accepts", hint: `At least 3. Leave it empty if a delivery without an answer goes back to the buyer.`, value: values.accept_after_days, inputmode: "numeric", short: true, errors })}`;
}

/** The box per rejection reason; `not_received` never costs a fee and is not offered. */
function reasonBoxes(values: readonly string[], errors: readonly FieldError[]): Html {
  return checkboxes({
    name: "reasons_with_fee",
    legend: "Returns that cost the buyer the cancellation fee",
    hint: "Goods that did not arrive never cost a fee.",
    values,
    choices: reasonChoices
      .filter((choice) => choice.value !== "not_received")
      .map((choice) => (choice.value === "changed_mind" ? { value: choice.value, text: "The buyer changed their mind" } : choice)),
    errors,
  });
}
