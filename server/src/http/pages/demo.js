// The demo page's script: acts over the wire as a shop, a buyer's browser and an operator's script would, and shows what that changes.
(() => {
  const at = (id) => document.getElementById(id);
  const known = JSON.parse(at("demo").dataset.known);
  const query = new URLSearchParams(location.search);
  let project = query.get("project");
  const orderId = query.get("order");
  let state;
  let shown = "";
  let bearer;

  const el = (name, content, attributes = {}) => {
    const one = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
    one.append(...[content].flat().filter((part) => part !== undefined && part !== null));
    return one;
  };
  const money = (minor, currency = "NGN") => `${currency} ${(minor / 100).toLocaleString("en", { minimumFractionDigits: 2 })}`;
  const when = (at) => new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  const say = (text, look = "") => {
    at("say").className = `note ${look}`;
    at("say").textContent = text;
  };

  // Calls, kept for the visit: paying leaves this page and comes back.
  const quote = (text) => `'${String(text).replaceAll("'", "'\\''")}'`;
  const curl = (method, path, fields, headers) =>
    [
      `curl -s ${quote(known.base + path)}`,
      method === "GET" ? null : "-X POST",
      ...Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
      ...Object.entries(fields).map(([name, value]) => `--data-urlencode ${quote(`${name}=${value}`)}`),
    ]
      .filter(Boolean)
      .join(" \\\n  ");
  const calls = JSON.parse(sessionStorage.getItem("calls") ?? "[]");
  const note = (what, method, path, fields, headers = {}) => {
    calls.unshift({ what, text: curl(method, path, fields, headers) });
    calls.splice(12);
    sessionStorage.setItem("calls", JSON.stringify(calls));
    showCalls();
  };
  const showCalls = () => {
    if (calls.length === 0) return;
    at("calls").replaceChildren(
      ...calls.map(({ what, text }) => {
        const copy = el("button", "Copy", { type: "button", class: "quiet small", "aria-label": `Copy: ${what}` });
        copy.addEventListener("click", async () => {
          await navigator.clipboard.writeText(text);
          copy.textContent = "Copied";
        });
        return el("div", [el("p", [el("strong", what), copy]), el("pre", text)], { class: "call" });
      }),
    );
  };

  const post = async (what, path, fields, headers = {}) => {
    note(what, "POST", path, fields, headers);
    const accept = path.startsWith("/o/") ? "text/html" : "application/json";
    const answer = await fetch(path, { method: "POST", headers: { accept, ...headers }, body: new URLSearchParams(fields) });
    const text = await answer.text();
    if (text.startsWith("{")) {
      const json = JSON.parse(text);
      if (!answer.ok) throw new Error(json.message);
      return json;
    }
    if (answer.ok) return {};
    const page = new DOMParser().parseFromString(text, "text/html");
    throw new Error((page.querySelector(".error") ?? page.querySelector("h1"))?.textContent ?? `Answered with ${answer.status}.`);
  };

  const doing = async (what, act) => {
    for (const button of document.querySelectorAll("#steps button, #make")) button.disabled = true;
    say(`${what} …`);
    try {
      await act();
      say(`${what}: done.`, "good");
    } catch (error) {
      say(`${what}: ${error.message}`, "bad");
    }
    at("make").disabled = false;
    shown = "";
    await refresh();
    at("steps").querySelector("button")?.focus();
  };

  // Opening an escrow
  const form = () => ({
    token: known.key,
    project_id: project,
    email: known.buyer.email,
    phone_number: known.buyer.phone,
    customer_firstname: "Ngozi",
    customer_lastname: "Bello",
    currency: "NGN",
    amount: 400000,
    order_product_id: Date.now(),
    order_product_name: at("pay").elements.order_product_name.value,
    delivery_date: new Date(Date.parse(state?.now ?? new Date()) + 30 * 86_400_000).toISOString().slice(0, 19).replace("T", " "),
    delivery_location: "Lagos, NG",
    type: 1,
    callback_url: `${location.origin}/?project=${project}`,
  });
  const withProject = () => {
    if (project === null) return;
    at("project").textContent = `Project ${project}`;
    for (const id of ["standard", "inline"]) at(id).disabled = false;
  };
  at("make").addEventListener("click", () => {
    void doing("Make a project", async () => {
      const fields = { authtoken: known.authtoken, project_name: "A house", description: "Foundation, walls, roof" };
      const contact = { customer_email: known.buyer.email, customer_phone: known.buyer.phone };
      const answer = await post("Make a project", "/api/project/createProject", { ...fields, ...contact });
      project = String(answer.data.id);
      history.replaceState(null, "", `/?project=${project}${orderId === null ? "" : `&order=${orderId}`}`);
      withProject();
    });
  });
  at("pay").addEventListener("submit", () => {
    const { order_product_name: _typed, ...rest } = form();
    at("hidden").replaceChildren(...Object.entries(rest).map(([name, value]) => el("input", [], { type: "hidden", name, value })));
    note("Pay with the standard form", "POST", "/pay", { ...rest, order_product_name: _typed });
  });
  at("inline").addEventListener("click", () => {
    const { token, email, phone_number, ...options } = form();
    note("Pay with the inline script", "POST", "/pay/inline", { token, email, phone_number, ...options });
    TrustPay.setup(new Merchant({ api_key: token })).initialize(email, phone_number, options);
  });

  // What the parties can do
  const names = {
    deliver: "Deliver", accept: "Accept", reject: "Reject", cancel: "Cancel", offer_redelivery: "Offer a second delivery",
    redeliver: "Agree to the second delivery", replace: "Promise a replacement", offer_split: "Offer a split", agree_split: "Agree to the split",
    confirm_return: "Confirm the return", contest_return: "Contest the rejection", contest_silence: "Contest the silence",
    escalate: "Hand it to the operator", withdraw_dispute: "Withdraw", rule: "Decide the dispute", reopen: "Reopen the dispute", object: "Object",
  };
  const kobo = () => Math.round(Number(at("gets").value.replaceAll(",", "")) * 100);
  const operator = async (what, action) => {
    if (bearer === undefined) bearer = (await post("Operator signs in", "/operator/api/session", known.operator)).data.token;
    const fields = { seller: state.order.seller, order: state.order.id, comment: "Decided on the demo page." };
    if (action === "rule") fields.buyer_gets = kobo();
    await post(what, `/operator/api/actions/${action}`, fields, { authorization: `Bearer ${bearer}` });
  };
  const byLink = async (what, party, action) => {
    const newest = () => state.letters.find((letter) => letter.party === party && letter.current) ?? state.letters.find((letter) => letter.party === party);
    let letter = newest();
    // Letters are written a moment after the step that they tell of.
    for (let look = 0; look < 8 && letter?.current !== true; look += 1) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      await refresh();
      letter = newest();
    }
    if (letter === undefined) throw new Error(`The ${party} has no letter with a link yet.`);
    if (!letter.current) {
      await post("Ask for a fresh link", `${letter.link}/fresh`, {});
      await refresh();
      letter = newest();
    }
    const fields = { action };
    if (action === "reject") fields.reason = at("reason").value;
    if (["reject", "contest_return", "escalate"].includes(action)) fields.comment = "Said on the demo page.";
    if (["redeliver", "agree_split"].includes(action)) fields.offer = state.offer?.id;
    if (action === "offer_split") Object.assign(fields, { buyer_gets: at("gets").value, confirm: "yes" });
    await post(what, letter.link, fields);
  };
  const step = (party, action) => {
    const what = `${party === "operator" ? "Operator" : party === "buyer" ? "Buyer" : "Seller"}: ${names[action]}`;
    const first = { deliver: true, accept: true, rule: true };
    const button = el("button", names[action], { type: "button", class: first[action] ? "" : "quiet", "aria-label": what });
    button.addEventListener("click", () =>
      doing(what, () => {
        if (party === "operator") return operator(what, action);
        const fields = { authtoken: known.authtoken, order: state.order.id, status: "delivered", phone_number: known.buyer.phone };
        return action === "deliver" ? post(what, "/api/callback/order", fields) : byLink(what, party, action);
      }),
    );
    return button;
  };
  const clock = () => {
    const left = state.order.due_at === null ? 86_400_000 : Date.parse(state.order.due_at) - Date.parse(state.now);
    const seconds = Math.max(1, Math.ceil(left / 1000));
    const what = state.order.due_at === null ? "Move the clock a day on" : "Move the clock to the next deadline";
    const button = el("button", what, { type: "button", class: "quiet" });
    button.addEventListener("click", () => doing(what, () => post(what, "/sandbox/clock", { seller: known.key, advance: `PT${seconds}S` })));
    return button;
  };

  // Live panels
  const opened = new Set();
  const fold = (key, title, content) => {
    const one = el("details", [el("summary", title), el("div", content, { class: "stack" })]);
    one.open = opened.has(key);
    one.addEventListener("toggle", () => (one.open ? opened.add(key) : opened.delete(key)));
    return one;
  };
  const fill = (id, parts) => parts.length > 0 && at(id).replaceChildren(...parts);
  const facts = (pairs) => el("dl", pairs.map(([name, value]) => el("div", [el("dt", name), el("dd", value)])), { class: "facts" });
  const short = (account) => account.replace(`order:${state.order.id}:`, "");

  const show = () => {
    const { order } = state;
    project ??= order.project === null ? null : String(order.project);
    withProject();
    const due = order.due_at === null ? "None." : `${when(order.due_at)}: if nobody acts, ${order.silence}.`;
    fill("state", [
      el("p", [el("span", order.title, { class: "key", id: "title" })]),
      el("p", order.means),
      facts([
        ["Order", `${order.id}: ${order.product}`],
        ["Deposited", money(order.amount, order.currency)],
        ["In escrow", money(state.escrow, order.currency)],
        ["The book’s time", when(state.now)],
        ["Next deadline", due],
        ...state.why.map((why) => ["Money waits", why]),
        ...state.money_out.map((one) => [one.kind === "payout" ? "Payout" : "Refund", `${money(one.amount, one.currency)}: ${one.state.replaceAll("_", " ")}`]),
      ]),
    ]);
    const groups = ["seller", "buyer", "operator"].map((party) => {
      const buttons = (state.allowed[party] ?? []).filter((action) => names[action]).map((action) => step(party, action));
      const title = `As the ${party}`;
      return buttons.length === 0 ? undefined : el("div", [el("h3", title), el("div", buttons, { class: "actions" })]);
    });
    fill("steps", [...groups.filter(Boolean), el("div", [el("h3", "As time"), el("div", clock(), { class: "actions" })])]);
    const can = Object.values(state.allowed).flat();
    at("choices").hidden = !["reject", "offer_split", "rule"].some((action) => can.includes(action));
    fill("balances", state.balances.length === 0 ? [] : [facts(state.balances.map((one) => [short(one.account), money(one.balance, one.currency)]))]);
    fill("postings", state.postings.length === 0 ? [] : [facts(state.postings.map((one) => [`${one.seq}. ${one.cause.replaceAll("_", " ")}`, `${short(one.debit)} → ${short(one.credit)}: ${money(one.amount, one.currency)}`]))]);
    fill("notifications", state.notifications.toReversed().map((one) => {
      const tries = one.attempts.map((attempt) => el("p", `Try ${attempt.number}: ${attempt.status ?? attempt.error}${attempt.answer ? `, “${attempt.answer.slice(0, 300)}”` : ""}`));
      return fold(`n${one.id}`, `${one.message} (${one.state})`, [el("pre", one.body ?? "Not sent yet."), ...tries]);
    }));
    fill("letters", state.letters.map((letter) =>
      fold(`l${letter.id}`, `${letter.party}: ${letter.subject || letter.body.slice(0, 60)}`, [
        el("p", letter.body, { class: "pre" }),
        letter.current ? el("p", el("a", `Open the ${letter.party}’s page`, { href: letter.link })) : el("p", "The order has moved on since this letter.", { class: "muted" }),
      ]),
    ));
    // Areas that scroll are reached by keyboard.
    for (const id of ["calls", "balances", "postings", "notifications", "letters"]) at(id).tabIndex = 0;
  };
  const refresh = async () => {
    if (orderId === null) return;
    const answer = await fetch(`/sandbox/demo/state?order=${encodeURIComponent(orderId)}`).then((one) => one.json()).catch(() => undefined);
    if (answer?.status !== "success") {
      say(answer?.message ?? "The server cannot be reached.", "bad");
      return;
    }
    state = answer.data;
    // The time alone is no reason to draw the buttons anew.
    const look = JSON.stringify({ ...state, now: 0 });
    if (look === shown) return;
    shown = look;
    const held = at("steps").contains(document.activeElement);
    show();
    if (held) at("steps").querySelector("button")?.focus();
  };

  showCalls();
  withProject();
  if (orderId !== null) say(`Order ${orderId} is paid. Go on below.`, "good");
  else if (project !== null) say("The project stands. Pay its first milestone.");
  void refresh();
  setInterval(() => document.hidden || at("steps").querySelector("button:disabled") !== null || void refresh(), 3000);
})();
