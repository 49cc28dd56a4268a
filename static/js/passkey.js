// Passkeys: the browser's part of WebAuthn. What the server sends and gets is in base64url.
(function () {
  "use strict";

  function bytes(text) {
    var raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(raw, function (c) { return c.charCodeAt(0); });
  }
  function text(buffer) {
    return btoa(String.fromCharCode.apply(null, new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }
  function ids(list) {
    (list || []).forEach(function (c) { c.id = bytes(c.id); });
  }
  function send(path, body) {
    return fetch(path, { method: "POST", body: body, headers: { "Content-Type": "application/json" } }).then(function (r) {
      return r.json().catch(function () { return {}; }).then(function (answer) {
        if (!r.ok) throw new Error(answer.error || "");
        return answer;
      });
    });
  }
  function written(c) {
    var r = c.response, out = { clientDataJSON: text(r.clientDataJSON) };
    if (r.attestationObject) {
      out.attestationObject = text(r.attestationObject);
      out.transports = r.getTransports ? r.getTransports() : [];
    } else {
      out.authenticatorData = text(r.authenticatorData);
      out.signature = text(r.signature);
      out.userHandle = r.userHandle ? text(r.userHandle) : undefined;
    }
    return JSON.stringify({ id: c.id, rawId: text(c.rawId), type: c.type, response: out, clientExtensionResults: c.getClientExtensionResults() });
  }
  function add(name) {
    return send("/account/passkeys/begin").then(function (o) {
      o.publicKey.challenge = bytes(o.publicKey.challenge);
      o.publicKey.user.id = bytes(o.publicKey.user.id);
      ids(o.publicKey.excludeCredentials);
      return navigator.credentials.create(o);
    }).then(function (c) { return send("/account/passkeys?name=" + encodeURIComponent(name), written(c)); });
  }
  function signIn(next) {
    return send("/sign-in/passkey/begin").then(function (o) {
      o.publicKey.challenge = bytes(o.publicKey.challenge);
      ids(o.publicKey.allowCredentials);
      return navigator.credentials.get(o);
    }).then(function (c) { return send("/sign-in/passkey?next=" + encodeURIComponent(next), written(c)); });
  }

  document.querySelectorAll("[data-passkey]").forEach(function (part) {
    var button = part.querySelector("button"), says = part.querySelector("[role=status]"), input = part.querySelector("input"), words = says.dataset;
    if (!window.PublicKeyCredential) { part.hidden = true; return; }
    part.hidden = false;
    button.addEventListener("click", function () {
      button.disabled = true;
      says.textContent = words.follow;
      (part.dataset.passkey === "add" ? add(input.value) : signIn(part.dataset.next)).then(function (answer) {
        location.assign(answer.next);
      }, function (e) {
        button.disabled = false;
        says.textContent = { SecurityError: words.address, NotAllowedError: words.nothing, InvalidStateError: words.have }[e.name] || e.message || words.failed;
      });
    });
  });
})();
