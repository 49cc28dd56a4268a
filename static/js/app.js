// Small helpers for the portal. Every page works without them.
(function () {
  "use strict";

  // Countdowns: the server sends the seconds that are left, so that the clock of this computer does not matter.
  function text(left) {
    var m = Math.floor(left / 60), s = left % 60;
    return m + ":" + (s < 10 ? "0" : "") + s;
  }
  setInterval(function () {
    document.querySelectorAll("[data-left]").forEach(function (el) {
      var left = Math.max(0, Number(el.dataset.left) - 1);
      el.dataset.left = left;
      el.textContent = text(left);
      if (!el.dataset.go) el.closest(".countdown").classList.toggle("soon", left <= 60);
      else if (!left && !document.querySelector(".code output")) location.assign(el.dataset.go);
    });
  }, 1000);

  // Keys: /help/keyboard says which, and switches off those that stand alone. They leave no page that somebody wrote on.
  var wrote = false;
  document.addEventListener("input", function () { wrote = true; });
  function sheet() {
    var dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", "sheet");
    document.body.append(dialog);
    dialog.addEventListener("close", function () { dialog.remove(); });
    htmx.ajax("GET", "/help/keyboard", { target: dialog, select: "#keys", swap: "innerHTML ignoreTitle:true" }).finally(function () {
      if (dialog.firstChild) dialog.showModal(); else dialog.remove();
    });
  }
  document.addEventListener("keydown", function (e) {
    var find = document.querySelector.bind(document), key = e.key, modified = e.ctrlKey || e.metaKey, field = e.target.closest("input, select, textarea"), found;
    if (find("dialog[open]")) return;
    if (key === "Enter" && modified) {
      found = field && field.form && field.form.querySelector(".primary");
    } else if (key === "Escape") {
      found = e.target.closest("details[open]") || find("main details[open]");
      found = found && found.firstElementChild;
    } else if (!field && !modified && !e.altKey && find("header nav") && !/(^|; )keys=off/.test(document.cookie)) {
      var digit = /^(Digit)?([1-6])$/.exec(key) || /^(Digit)?([1-6])$/.exec(e.code);
      if (key === "?") { if (!find("dialog")) sheet(); }
      else if (key === "/") { found = find("main [type=search]"); if (found) found.focus(); }
      else if (!wrote) found = key === "n" ? find(".brand") : digit && document.querySelectorAll("a.tile")[digit[2] - 1];
    }
    if (found) { e.preventDefault(); found.click(); }
  });

  // Copying.
  document.addEventListener("click", function (e) {
    var button = e.target.closest("[data-copy]");
    if (!button || !navigator.clipboard) return;
    navigator.clipboard.writeText(button.dataset.copy).then(function () {
      var before = button.textContent;
      button.textContent = button.dataset.copied;
      setTimeout(function () { button.textContent = before; }, 2000);
    });
  });

  // Lost connection: say so within two seconds. A stream may end when all is well, so the portal is asked.
  if (window.htmx) htmx.config.timeout = 10000; // as long as the portal works on a request
  var again;
  function lost(yes) {
    var banner = document.getElementById("offline");
    if (!banner) return;
    banner.hidden = !yes;
    clearTimeout(again); // a stream comes back by itself; a page without one asks until the portal answers
    if (yes && navigator.onLine && !document.querySelector("[sse-connect]")) again = setTimeout(function () { ask().catch(isLost); }, 1000);
  }
  function isLost() { lost(true); }
  function isBack() { lost(!navigator.onLine); }
  function ask() {
    return fetch(document.querySelector("link[rel=stylesheet]").href, { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(1500) }).then(function (answer) {
      if (!answer.ok) throw answer;
      isBack();
    });
  }
  window.addEventListener("offline", isLost);
  window.addEventListener("online", isBack);
  ["htmx:sendError", "htmx:timeout"].forEach(function (name) { document.addEventListener(name, isLost); });
  ["htmx:sseOpen", "htmx:afterOnLoad"].forEach(function (name) { document.addEventListener(name, isBack); });
  document.addEventListener("htmx:sseError", function () { ask().catch(isLost); });

  // Nothing is sent into the void, where what was typed would be lost: the form waits until the portal answers.
  document.addEventListener("submit", function (e) {
    var form = e.target, banner = document.getElementById("offline");
    if (e.defaultPrevented || form.method !== "post" || form.dataset.sure || !banner || banner.hidden && !("keep" in form.dataset)) return;
    e.preventDefault();
    ask().then(function () {
      form.dataset.sure = "1";
      form.requestSubmit(e.submitter);
      delete form.dataset.sure;
    }, isLost);
  });

  // What somebody pressed and the portal refused is told in the place of the page, unless the page tells it itself.
  document.addEventListener("htmx:beforeSwap", function (e) {
    var d = e.detail, cause = d.requestConfig.triggeringEvent;
    if (d.xhr.status < 400 || d.xhr.status === 422 || !cause || !/submit|click/.test(cause.type) || document.querySelector("[data-trouble]")) return;
    d.shouldSwap = true;
    d.target = document.getElementById("main");
    d.selectOverride = "#main";
    d.swapOverride = "outerHTML";
  });

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", function (e) {
    if (e.defaultPrevented) return;
    if (e.target.dataset.sent) { e.preventDefault(); return; }
    e.target.dataset.sent = "1";
    setTimeout(function () { delete e.target.dataset.sent; }, 5000);
  });

  // Fields that belong to a choice are there when it is made.
  document.addEventListener("input", function (e) {
    var form = e.target.form;
    if (form) form.querySelectorAll("[data-if]").forEach(function (field) {
      field.hidden = !JSON.parse(field.dataset.if).every(function (asked) {
        var choice = form.elements[asked.field];
        return choice && asked.is.includes(choice.value.trim());
      });
    });
  });

  // What to do now is read out when it changes: a region that was just swapped in would not be.
  document.addEventListener("htmx:afterSettle", function () {
    var say = document.querySelector("#live [data-say]"), out = document.getElementById("announce");
    if (say && out && out.textContent !== say.textContent) out.textContent = say.textContent;
  });

  // Streams. One that is open says something every ten seconds; a page that hears nothing asks by itself until there is another.
  var sources = [];
  function each(act) { document.querySelectorAll("[sse-connect]").forEach(act); }
  function source(el) { return (el["htmx-internal-data"] || {}).sseEventSource || {}; }
  function fetchPart(el) { htmx.trigger(el.querySelector("#live"), "refresh"); }
  function renew(el) {
    var fresh = el.cloneNode(true);
    el.replaceWith(fresh);
    htmx.process(fresh);
    fetchPart(fresh);
  }
  if (window.htmx) htmx.createEventSource = function (url) {
    var s = new EventSource(url);
    ["open", "tick", "beat"].forEach(function (name) { s.addEventListener(name, function () { s.heard = performance.now(); }); });
    sources.push(s);
    return s;
  };
  setInterval(function () {
    var used = [];
    each(function (el) { used.push(source(el)); });
    sources = sources.filter(function (s) { return used.includes(s) || s.close(); }); // whatever took its place off the page
    if (!document.hidden) each(function (el) {
      var s = source(el);
      if (s.readyState !== 1) fetchPart(el); else if (performance.now() - s.heard > 25000) renew(el);
    });
  }, 4000);
  // Another network: what was open will not be heard again. Not all browsers of a branch come at once.
  window.addEventListener("online", function () { setTimeout(each, 2000 * Math.random(), renew); });

  // A browser has six connections to a server: a tab that nobody sees gives its stream back.
  document.addEventListener("visibilitychange", function () {
    each(function (el) {
      if (!document.hidden) renew(el); else if (source(el).close) source(el).close();
    });
  });

  // A form that htmx sends stays where it is when the answer is no page: say why, until it works again.
  document.addEventListener("htmx:afterRequest", function (e) {
    var status = e.detail.xhr.status, fine = status >= 200 && status < 400 || status === 422;
    document.querySelectorAll("[data-trouble]").forEach(function (p) { p.hidden = fine || (status === 401) !== (p.dataset.trouble === "401"); });
  });

  // Printing. The paper that was chosen last is chosen the next time: a desk has one printer.
  document.addEventListener("click", function (e) {
    if (e.target.closest("[data-print]")) window.print();
  });
  document.querySelectorAll("[data-paper]").forEach(function (paper) {
    if (localStorage.getItem(paper.name) === paper.id) paper.checked = true;
    paper.addEventListener("change", function () { localStorage.setItem(paper.name, paper.id); });
  });
})();
