// The demo page's script: acts over the wire as a shop, a buyer's browser and an operator's script would, and shows what that changes.
// Each call is described once (`call`): the curl line beside a button and what the button sends are made from the same description.
(() => {
  const at = (id) => document.getElementById(id);
  const known = JSON.parse(at("demo").dataset.known);
  const query = new URLSearchParams(location.search);
  let project = query.get("project");
  let orderId = query.get("order");
  let state;
  let shown = "";
  let bearer;
  let busy = false;

  const el = (name, content = [], attributes = {}) => {
    const one = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) if (value !== undefined) one.setAttribute(key, value);
    one.append(...[content].flat().filter((part) => part !== undefined && part !== null));
    return one;
  };
  const money = (minor, currency = "NGN") => `${currency} ${(minor / 100).toLocaleString("en", { minimumFractionDigits: 2 })}`;
  const when = (at) =>
    new Date(at).toLocaleString("en-GB", { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
  const words = (name) => name.replaceAll("_", " ");
  const say = (text, look = "") => {
    at("say").className = `note ${look}`;
    at("say").textContent = text;
  };
  const pause = (time) => new Promise((resolve) => setTimeout(resolve, time));

  // One call, as curl and as it is sent
  const quote = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;
  const curl = ({ method = "POST", path, fields = {}, headers = {}, address, before = "" }) =>
    before +
    [
      `curl -s ${address ?? quote(known.base + path)}`,
      method === "GET" || Object.keys(fields).length > 0 ? null : "-X POST",
      ...Object.entries(headers).map(([name, value]) => `-H "${name}: ${value}"`),
      ...Object.entries(fields).map(([name, value]) => `--data-urlencode ${quote(`${name}=${value}`)}`),
    ]
      .filter(Boolean)
      .join(" \\\n  ");
  const copyButton = (what, text) => {
    const copy = el("button", "Copy", { type: "button", class: "quiet small", "aria-label": `Copy the call: ${what}` });
    copy.addEventListener("click", async () => {
      const done = await navigator.clipboard.writeText(typeof text === "string" ? text : text()).then(() => true, () => false);
      copy.textContent = done ? "Copied" : "Select it and press Ctrl+C";
    });
    return copy;
  };
  const opened = new Set();
  const fold = (key, title, content, attributes = {}) => {
    const one = el("details", [el("summary", title), el("div", content, { class: "stack" })], attributes);
    one.open = opened.has(key);
    one.addEventListener("toggle", () => (one.open ? opened.add(key) : opened.delete(key)));
    return one;
  };
  /** The call beside a button: its address in sight, the whole of it one press away. */
  const beside = (key, what, call) =>
    fold(`call ${key}`, el("code", `${call.method ?? "POST"} ${call.shows ?? call.path}`), [el("pre", curl(call), { tabindex: "0", "aria-label": `The call: ${what}` }), el("p", copyButton(what, curl(call)))], { class: "beside" });

  // What was called in this visit: paying leaves the page and comes back.
  const calls = JSON.parse(sessionStorage.getItem("calls") ?? "[]");
  const note = (what, call, answer) => {
    calls.unshift({ what, text: curl(call), answer });
    calls.splice(12);
    sessionStorage.setItem("calls", JSON.stringify(calls));
    showCalls();
  };
  const showCalls = () => {
    if (calls.length === 0) return;
    at("calls").replaceChildren(
      ...calls.map(({ what, text, answer }) =>
        el("div", [el("p", [el("strong", what), copyButton(what, text)]), el("pre", text), el("pre", answer, { class: "answer" })], { class: "call" }),
      ),
    );
  };

  const send = async (what, call) => {
    const { path, fields = {}, headers = {} } = call;
    const accept = path.startsWith("/o/") ? "text/html" : "application/json";
    const answer = await fetch(path, { method: "POST", headers: { accept, ...headers }, body: new URLSearchParams(fields) }).catch(() => {
      throw new Error("the server did not answer. Is it still running? Start it again and press once more: nothing is done twice.");
    });
    const text = await answer.text();
    if (text.startsWith("{")) {
      const json = JSON.parse(text);
      note(what, call, `${answer.status}\n${JSON.stringify(json, null, 1).slice(0, 900)}`);
      if (!answer.ok) throw new Error(json.message);
      return json;
    }
    const page = new DOMParser().parseFromString(text, "text/html");
    const sentence = page.querySelector("main .error, main .note, main h1")?.textContent.trim().replaceAll(/\s+/g, " ") ?? "";
    note(what, call, `${answer.status}, a page: ${sentence.slice(0, 300)}`);
    if (!answer.ok) throw new Error((page.querySelector(".error") ?? page.querySelector("h1"))?.textContent ?? `answered with ${answer.status}.`);
    return {};
  };

  const doing = async (what, act) => {
    if (busy) return;
    busy = true;
    for (const button of document.querySelectorAll("#steps button, #make, #mason")) button.disabled = true;
    say(`${what} …`);
    try {
      await act();
      say(`${what}: done.`, "good");
    } catch (error) {
      say(`${what} was not done: ${error.message}`, "bad");
    }
    busy = false;
    for (const id of ["make", "mason"]) at(id).disabled = false;
    shown = "";
    await refresh();
    at("title")?.focus({ preventScroll: true });
  };

  // Projects, providers, paying
  const visit = { id: Date.now() };
  const typed = (name) => at("pay").elements[name].value;
  const kobo = (text) => Math.round(Number(text.replaceAll(",", "")) * 100);
  const makeCall = () => ({
    path: "/api/project/createProject",
    fields: {
      authtoken: known.authtoken, project_name: "A house", description: "Foundation, walls, roof",
      customer_email: known.buyer.email, customer_phone: known.buyer.phone,
    },
  });
  const masonCall = () => ({
    path: "/api/serviceprovider/create",
    fields: {
      authtoken: known.authtoken, type: 1, firstname: "Musa", lastname: "Bello", email: "mason@demo.tranche.test", phone: "+2348039876543",
      bank_code: "058", nip_bank_code: "000013", bank_name: "Guaranty Trust Bank", bank_account_number: "0123456789", bank_account_name: "Musa Bello",
    },
  });
  const form = () => ({
    token: known.key,
    project_id: project ?? "",
    email: known.buyer.email,
    phone_number: known.buyer.phone,
    customer_firstname: "Ngozi",
    customer_lastname: "Bello",
    currency: "NGN",
    amount: kobo(typed("price")),
    order_product_id: visit.id,
    order_product_name: typed("order_product_name"),
    delivery_date: (visit.date ??= new Date(Date.parse(state?.now ?? new Date()) + 30 * 86_400_000).toISOString().slice(0, 19).replace("T", " ")),
    delivery_location: "Lagos, NG",
    type: 1,
    ...(typed("provider") === "" ? {} : { sp_id: typed("provider"), sp_commission: typed("share") }),
    callback_url: `${location.origin}/?project=${project}`,
  });
  const standardCall = () => ({ path: "/pay", fields: form() });
  const inlineCall = () => ({ path: "/pay/inline", fields: form() });
  at("make").addEventListener("click", () => void doing("Make a project", async () => {
      const answer = await send("Make a project", makeCall());
      project = String(answer.data.id);
      orderId = null;
      go();
    }),
  );
  at("mason").addEventListener("click", () => void doing("Register a mason", async () => {
      const answer = await send("Register a mason", masonCall());
      shown = "";
      await refresh();
      at("provider").value = String(answer.data.id);
      showPay();
    }),
  );
  const paying = () => {
    visit.left = true;
    say("On the way to the escrow page …");
  };
  at("pay").addEventListener("submit", () => {
    at("hidden").replaceChildren(...Object.entries(form()).filter(([name]) => name !== "order_product_name").map(([name, value]) => el("input", [], { type: "hidden", name, value })));
    note("Pay with the standard form", standardCall(), "303 to the escrow page");
    paying();
  });
  at("inline").addEventListener("click", () => {
    const { token, email, phone_number, ...options } = form();
    note("Pay with the inline script", inlineCall(), "200, with the address of the escrow page");
    TrustPay.setup(new Merchant({ api_key: token })).initialize(email, phone_number, options);
  });
  at("pay").addEventListener("input", () => showPay());
  const go = (replace = false) => {
    const there = `/?${new URLSearchParams({ ...(project === null ? {} : { project }), ...(orderId === null ? {} : { order: orderId }) })}`;
    history[replace ? "replaceState" : "pushState"](null, "", there);
  };
  addEventListener("popstate", () => {
    const now = new URLSearchParams(location.search);
    project = now.get("project");
    orderId = now.get("order");
    shown = "";
    void refresh();
  });
  const goto = (toProject, toOrder) => (event) => {
    event.preventDefault();
    project = String(toProject);
    orderId = toOrder === null ? null : String(toOrder);
    go();
    shown = "";
    void refresh().then(() => at("title")?.focus({ preventScroll: true }));
  };
  const showProjects = () => {
    const list = state?.projects ?? [];
    at("projects").replaceChildren(
      ...(list.length === 0 ? [el("li", "No project yet. Make one: it is what one buyer agreed with one seller, paid in milestones.", { class: "muted" })] : []),
      ...list.map((one) => {
        const chosen = String(one.id) === project;
        const milestones = one.milestones.map((each) => {
          const link = el("a", [el("strong", `${each.position ?? ""}. ${each.product}`), el("span", each.title, { class: "state" }), el("span", money(each.amount, each.currency), { class: "money" })], {
            href: `/?project=${one.id}&order=${each.id}`, class: each.live ? "live" : "", "aria-current": String(each.id) === orderId ? "true" : undefined,
          });
          link.addEventListener("click", goto(one.id, each.id));
          return el("li", link);
        });
        const next = one.blocked === null ? (one.milestones.length === 0 ? "Nothing paid yet: pay its first milestone below." : "The next milestone can be paid.") : `The next milestone waits. ${one.blocked.says}`;
        const title = el("a", `Project ${one.id}: ${one.name}`, { href: `/?project=${one.id}`, "aria-current": chosen ? "true" : undefined });
        title.addEventListener("click", goto(one.id, one.milestones.at(-1)?.id ?? null));
        return el("li", [el("h3", title), milestones.length > 0 ? el("ol", milestones, { class: "milestones" }) : null, el("p", next, { class: "hint" })], { class: chosen ? "chosen" : "" });
      }),
    );
  };
  const showPay = () => {
    const mine = state?.projects.find((one) => String(one.id) === project);
    const blocked = mine?.blocked ?? null;
    const price = kobo(typed("price"));
    const wrong = mine === undefined ? "Make a project first." : blocked !== null ? `${blocked.says} Then the next milestone can be paid.` : price > 0 ? null : "The price must be an amount like 4,000.00.";
    at("pay-note").textContent = wrong ?? `Project ${project}: milestone ${mine.milestones.length + 1} takes ${money(price)} plus fees into escrow. You pay on the escrow page with a pretended bank, and come back here.`;
    for (const id of ["standard", "inline"]) at(id).disabled = wrong !== null;
    const ways = at("provider");
    const wanted = [["", "The seller itself"], ...(state?.providers ?? []).map((one) => [String(one.id), `${one.name} (service provider ${one.id})`])];
    if (ways.options.length !== wanted.length) {
      const chosen = ways.value;
      ways.replaceChildren(...wanted.map(([value, name]) => el("option", name, { value })));
      ways.value = wanted.some(([value]) => value === chosen) ? chosen : "";
    }
    at("share-field").hidden = ways.value === "";
    at("standard-call").replaceChildren(beside("standard", "Pay with the standard form", standardCall()));
    at("inline-call").replaceChildren(beside("inline", "Pay with the inline script", inlineCall()));
    at("make-call").replaceChildren(beside("make", "Make a project", makeCall()));
    at("mason-call").replaceChildren(beside("mason", "Register a mason", masonCall()));
  };

  // What the parties can do
  const names = {
    deliver: "Deliver", accept: "Accept", reject: "Reject", cancel: "Cancel", offer_redelivery: "Offer a second delivery",
    redeliver: "Agree to the second delivery", replace: "Promise a replacement", offer_split: "Offer a split", agree_split: "Agree to the split",
    confirm_return: "Confirm the return", contest_return: "Contest the rejection", contest_silence: "Contest the silence",
    escalate: "Hand it to the operator", withdraw_dispute: "Withdraw", rule: "Decide the dispute", reopen: "Reopen the dispute", object: "Object",
  };
  const title = { seller: "Seller", buyer: "Buyer", operator: "Operator" };
  const signIn = () => ({ path: "/operator/api/session", fields: known.operator });
  const operatorCall = (action) => ({
    path: `/operator/api/actions/${action}`,
    fields: { seller: state.order.seller, order: state.order.id, comment: "Decided on the demo page.", ...(action === "rule" ? { buyer_gets: kobo(at("gets").value) } : {}) },
    headers: { authorization: `Bearer ${bearer ?? "$TOKEN"}` },
    before: bearer === undefined ? `TOKEN=$(${curl(signIn())} | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')\n` : "",
  });
  const letterOf = (party) => state.letters.find((one) => one.party === party && one.current) ?? state.letters.find((one) => one.party === party && one.link !== null);
  const linkCall = (party, action) => {
    const letter = letterOf(party);
    const fields = { action };
    if (action === "reject") fields.reason = at("reason").value;
    if (["reject", "contest_return", "escalate"].includes(action)) fields.comment = "Said on the demo page.";
    if (["redeliver", "agree_split"].includes(action)) fields.offer = state.offer?.id;
    if (action === "offer_split") Object.assign(fields, { buyer_gets: at("gets").value, confirm: "yes" });
    const code = state.letters.map((one) => (one.link === null ? /\b\d{6}\b/.exec(one.body)?.[0] : undefined)).find(Boolean);
    if (party === "buyer" && state.code_needed.includes(action)) fields.code = code ?? "";
    const path = letter?.link ?? "/o/…";
    if (letter?.current === true) return { path, fields, shows: `/o/… action=${action}` };
    // An older link asks for a fresh one; the letter with it is the newest in the mailbox.
    const to = party === "buyer" ? known.buyer.email : known.maker;
    const fresh = `${curl({ path: `${path}/fresh` })} > /dev/null\nLINK=$(curl -s ${quote(`${known.base}/sandbox/mailbox?to=${to}`)} | grep -o 'http[^\\]*/o/[^\\]*' | head -1)\n`;
    return { path, fields, shows: `/o/… action=${action}`, address: '"$LINK"', before: fresh };
  };
  const byLink = async (what, party, action) => {
    // Letters are written a moment after the step that they tell of.
    for (let look = 0; look < 8 && letterOf(party)?.current !== true; look += 1) {
      await pause(250);
      await refresh();
    }
    const letter = letterOf(party);
    if (letter === undefined) throw new Error(`the ${party} has no letter with a link yet. Look into the mailbox below and press once more.`);
    if (!letter.current) {
      await send("Ask for a fresh link", { path: `${letter.link}/fresh` });
      await refresh();
    }
    await send(what, linkCall(party, action));
  };
  const stepCall = (party, action) => {
    if (party === "operator") return operatorCall(action);
    const fields = { authtoken: known.authtoken, order: state.order.id, status: "delivered", phone_number: known.buyer.phone };
    return action === "deliver" ? { path: "/api/callback/order", fields } : linkCall(party, action);
  };
  const row = (key, label, what, look, call, act, hint) => {
    const button = el("button", label, { type: "button", class: look, "aria-label": what, "data-key": key });
    button.addEventListener("click", () => void doing(what, act));
    return el("div", [button, hint === undefined ? null : el("p", hint, { class: "hint" }), beside(key, what, call)], { class: "demo-step" });
  };
  const step = (party, action) => {
    const what = `${title[party]}: ${names[action]}`;
    const look = ["deliver", "accept", "rule", "redeliver", "agree_split"].includes(action) ? "" : "quiet";
    const act = async () => {
      if (party === "operator") {
        bearer ??= (await send("Operator: sign in", signIn())).data.token;
        return send(what, operatorCall(action));
      }
      return action === "deliver" ? send(what, stepCall(party, action)) : byLink(what, party, action);
    };
    const offered = action === "agree_split" && state.offer !== null ? `The buyer gets ${money(state.offer.buyerGets)} back, the seller’s side the rest less fees.` : undefined;
    return row(`${party} ${action}`, names[action], what, look, stepCall(party, action), act, offered);
  };
  const askCode = () => {
    const call = { ...linkCall("buyer", "ask_code"), fields: { action: "ask_code" } };
    return row("buyer code", "Ask for the one-time code", "Buyer: Ask for the one-time code", "quiet", call, () => byLink("Buyer: Ask for the one-time code", "buyer", "ask_code"), "Before the first step that lets money go, this phone proves itself. The code lands in the mailbox.");
  };
  const bank = () => {
    const paid = state.payments.find((one) => one.received > 0);
    if (paid === undefined || ["charged_back", "failed"].includes(paid.state)) return [];
    const call = (step) => ({ path: `/sandbox/payments/${paid.reference}/dispute`, shows: `/sandbox/payments/…/dispute`, fields: { step } });
    const one = (step, label, hint) => row(`bank ${step}`, label, `Bank: ${label}`, "quiet", call(step), () => send(`Bank: ${label}`, call(step)).then(() => pause(400)), hint);
    if (paid.state === "disputed") return [one("win", "Chargeback won by the seller", "The hold is lifted and time runs on."), one("lose", "Chargeback lost", "The bank takes the money out of escrow; once it was paid out, the seller owes it.")];
    return [one("open", "Open a chargeback", "The buyer’s bank wants the money back: nothing is paid out while it looks.")];
  };
  const clock = () => {
    const next = state.order.due_at;
    const seconds = Math.max(1, Math.ceil(next === null ? 86_400 : (Date.parse(next) - Date.parse(state.now)) / 1000));
    const what = next === null ? "Move the clock a day on" : "Move the clock to the next deadline";
    const call = { path: "/sandbox/clock", fields: { seller: known.key, advance: `PT${seconds}S` } };
    const hint = next === null ? "Nothing of this order waits for a time; payouts and notifications may." : `If nobody acts until ${when(next)}, ${state.order.silence}.`;
    return row("clock", what, what, "quiet", call, () => send(what, call), hint);
  };

  // Live panels
  const fill = (id, parts) => parts.length > 0 && at(id).replaceChildren(...parts);
  const facts = (pairs) => el("dl", pairs.map(([name, value]) => el("div", [el("dt", name), el("dd", value)])), { class: "facts" });
  const short = (account) => account.replace(`order:${state.order.id}:`, "this order’s ");
  const stage = () => {
    const place = state?.order;
    if (place === null || place === undefined) return project === null ? 0 : 1;
    if (["funded", "redelivery"].includes(place.state)) return 2;
    if (["delivered", "rejected", "contested", "disputed"].includes(place.state)) return 3;
    return place.state === "completed" ? 5 : 4;
  };
  const showTrack = () => {
    for (const [index, one] of [...at("track").children].entries()) {
      one.className = index < stage() ? "past" : index === stage() ? "now" : "";
      if (index === stage()) one.setAttribute("aria-current", "step");
      else one.removeAttribute("aria-current");
    }
  };
  const empty = {};
  for (const id of ["state", "balances", "postings", "notifications", "letters"]) empty[id] = [...at(id).childNodes].map((one) => one.cloneNode(true));

  const notification = (one) => {
    const tries = one.attempts.map((attempt) =>
      el("div", [el("p", `Try ${attempt.number}, ${when(attempt.at)}: ${attempt.status ?? attempt.error}`), attempt.answer ? el("pre", attempt.answer.slice(0, 600), { class: "answer" }) : null]),
    );
    const checked = one.taken === null ? (one.state === "delivered" ? "taken" : one.state === "queued" ? "on its way" : one.state) : "verified by the shop";
    const waits = one.dueAt === null ? null : el("p", `Tried next at ${when(one.dueAt)} of the book’s time.`, { class: "hint" });
    const body = one.body === null ? "Not sent yet." : one.body.startsWith("{") ? JSON.stringify(JSON.parse(one.body), null, 1) : one.body;
    return fold(`n${one.id}`, [el("span", `${one.envelope}: ${one.message}`), el("span", checked, { class: `state ${one.taken === null ? "" : "fine"}` })], [
      one.taken === null ? null : el("p", `Token and signature fit; the shop ${one.taken.does}.`),
      ...tries, waits, el("p", "What was sent", { class: "hint" }), el("pre", body, { tabindex: "0", "aria-label": `Body of the notification ${one.envelope}` }),
    ]);
  };
  const letter = (one) =>
    fold(`l${one.id}`, `To the ${one.party}: ${one.subject || one.body.slice(0, 60)}`, [
      el("p", one.body, { class: "pre" }),
      one.current ? el("p", el("a", `Open the ${one.party}’s page`, { href: one.link })) : one.link === null ? null : el("p", "The order has moved on since this letter; its link shows where it stands and sends a fresh one.", { class: "hint" }),
    ]);
  const show = () => {
    const { order } = state;
    if (order === null) {
      for (const [id, parts] of Object.entries(empty)) at(id).replaceChildren(...parts.map((one) => one.cloneNode(true)));
      at("steps").replaceChildren();
      at("choices").hidden = true;
      return;
    }
    fill("state", [
      el("h3", order.title, { class: "key", id: "title", tabindex: "-1" }),
      el("p", order.means),
      el("div", [el("div", [el("span", "In escrow"), el("strong", money(state.escrow, order.currency), { class: "money" })]), el("div", [el("span", "Deposited"), el("strong", money(order.amount, order.currency), { class: "money" })])], { class: "vault" }),
      facts([
        ["Order", `${order.id}: ${order.product}${order.provider === null ? "" : `, done by ${order.provider}`}`],
        ["The book’s time", when(state.now)],
        ["Next deadline", order.clock_stopped ? "None: a chargeback stops the clock." : order.due_at === null ? "None." : `${when(order.due_at)}: if nobody acts, ${order.silence}.`],
        ...state.why.map((why) => ["Money waits", why]),
        ...state.money_out.map((one) => [`${one.kind === "payout" ? "Payout" : "Refund"} to the ${one.payee}`, `${money(one.amount, one.currency)}: ${words(one.state)}`]),
      ]),
      order.deadlines.length > 0 ? fold("deadlines", "All deadlines", facts(order.deadlines.map((one) => [one.name, when(one.at)]))) : null,
    ].filter(Boolean));
    showSteps();
    fill("balances", state.balances.length === 0 ? empty.balances : [facts(state.balances.map((one) => [short(one.account), money(one.balance, one.currency)]))]);
    fill("postings", state.postings.length === 0 ? empty.postings : [facts(state.postings.map((one) => [`${one.seq}. ${words(one.cause)}`, `${short(one.debit)} → ${short(one.credit)}: ${money(one.amount, one.currency)}`]))]);
    fill("notifications", state.notifications.length === 0 ? empty.notifications : state.notifications.toReversed().map(notification));
    fill("letters", state.letters.length === 0 ? empty.letters : state.letters.map(letter));
  };
  const showSteps = () => {
    const can = Object.values(state.allowed).flat();
    at("choices").hidden = !["reject", "offer_split", "rule"].some((action) => can.includes(action));
    at("reason-field").hidden = !can.includes("reject");
    at("gets-field").hidden = !["offer_split", "rule"].some((action) => can.includes(action));
    const groups = ["seller", "buyer", "operator"].map((party) => {
      const allowed = (state.allowed[party] ?? []).filter((action) => names[action]);
      const code = party === "buyer" && allowed.some((action) => state.code_needed.includes(action)) ? [askCode()] : [];
      const rows = [...code, ...allowed.map((action) => step(party, action))];
      return rows.length === 0 ? undefined : el("div", [el("h3", `As the ${party}`), ...rows], { class: `party ${party}` });
    });
    const banks = bank();
    fill("steps", [
      ...groups.filter(Boolean),
      el("div", [el("h3", "As time"), clock()], { class: "party" }),
      ...(banks.length === 0 ? [] : [el("div", [el("h3", "As the buyer’s bank"), ...banks], { class: "party" })]),
    ]);
  };
  at("choices").addEventListener("input", () => state?.order && showSteps());
  const refresh = async () => {
    const asked = orderId;
    const answer = await fetch(`/sandbox/demo/state${asked === null ? "" : `?order=${encodeURIComponent(asked)}`}`).then((one) => one.json()).catch(() => undefined);
    if (asked !== orderId) return;
    if (answer?.status !== "success") {
      say(answer === undefined ? "The server does not answer. Start it again with npm start: this page goes on by itself." : `${answer.message} Choose another below, or make a project.`, "bad");
      if (answer !== undefined) {
        orderId = null;
        await refresh();
      }
      return;
    }
    if (at("say").textContent.startsWith("The server does not answer")) say("The server is back.", "good");
    state = answer.data;
    project ??= (state.order?.project ?? null) === null ? (state.projects[0] ? String(state.projects[0].id) : null) : String(state.order.project);
    // The time alone is no reason to draw the buttons anew.
    const look = JSON.stringify({ ...state, now: 0, project });
    if (look === shown) return;
    shown = look;
    const held = document.activeElement?.dataset?.key ?? (at("steps").contains(document.activeElement) ? "" : undefined);
    show();
    showProjects();
    showPay();
    showTrack();
    if (held !== undefined) (held === "" ? at("title") : (at("steps").querySelector(`[data-key="${held}"]`) ?? at("title")))?.focus({ preventScroll: true });
  };

  showCalls();
  showPay();
  if (query.has("product") && orderId !== null) say(`Order ${orderId} is paid: the buyer’s browser came back to the shop. Go on below.`, "good");
  void refresh().then(() => showTrack());
  setInterval(() => document.hidden || busy || visit.left || void refresh(), 2000);
})();
