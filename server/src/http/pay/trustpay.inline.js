// The inline checkout: `TrustPay.setup(new Merchant({ api_key })).initialize(email, phone, options)` as AtaraPay's script had it.
// It shows what will be paid, every fee and the terms, in a dialog over the shop's page. They stand in a frame where nothing can be pressed;
// paying itself happens on the escrow page, at the top of the window, where the address says whose page it is. Nothing is called back: the buyer returns to `callback_url`, or closes the dialog.
(() => {
  const base = document.currentScript.src.split("/assets/")[0];

  function Merchant(options) {
    if (!(this instanceof Merchant)) return new Merchant(options);
    this.api_key = options && options.api_key;
  }

  const add = (parent, name, text) => {
    const one = document.createElement(name);
    one.textContent = text;
    if (name === "button") one.type = "button";
    parent.append(one);
    return one;
  };

  const go = (url) => {
    try {
      window.top.location.href = url;
    } catch {
      window.location.href = url;
    }
  };

  function show(fields) {
    const dialog = document.createElement("dialog");
    dialog.className = "tranche-inline";
    dialog.setAttribute("aria-labelledby", "tranche-inline-title");
    add(dialog, "h2", "Pay into escrow").id = "tranche-inline-title";
    const words = add(dialog, "p", "Asking for the total…");
    words.setAttribute("role", "status");
    const terms = add(dialog, "iframe", "");
    terms.title = "What you pay and agree to";
    terms.hidden = true;
    // Nothing in there may run, be sent, or lead anywhere.
    terms.setAttribute("sandbox", "");
    const buttons = add(dialog, "div", "");
    add(buttons, "button", "Cancel").addEventListener("click", () => dialog.close());
    const proceed = add(buttons, "button", "");
    proceed.hidden = true;
    let next;
    proceed.addEventListener("click", () => next());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();

    const offer = (text, act) => {
      proceed.textContent = text;
      next = act;
      proceed.hidden = false;
      proceed.focus();
    };
    const ask = async (body) => {
      const request = { method: "POST", credentials: "omit", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
      const answer = await fetch(`${base}/pay/inline`, request).then((response) => response.json());
      words.textContent = answer.message;
      if (answer.status === "success") {
        terms.src = answer.summary;
        terms.hidden = false;
        offer("Proceed to the escrow page", () => go(answer.redirect));
      } else if (answer.code === "asked_once") offer("Pay another one", () => open({ ...fields, pay_again: "yes" }));
    };
    const open = (body) => {
      proceed.hidden = true;
      ask(body).catch(() => {
        words.textContent = "The escrow page could not be reached. Nothing was paid.";
        offer("Try again", () => open(body));
      });
    };
    open(fields);
  }

  window.Merchant = Merchant;
  window.TrustPay = {
    setup: (merchant) => ({
      initialize: (email, phone, options) => show({ ...options, token: merchant.api_key, email, phone_number: phone }),
    }),
  };
})();
