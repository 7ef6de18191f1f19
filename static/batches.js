// The pages of batches. Every page works without it.
"use strict";
{
  const upload = document.getElementById("upload");
  const flow = document.getElementById("flow");
  const fileInput = document.getElementById("file");
  const says = document.getElementById("upload-says");
  const drop = document.getElementById("drop");

  // What has to be put right gets the focus, so that it is read out first; but not where the
  // address names a place of the page.
  const troubles = "#errors, #blockers, #upload-error:not([hidden]), .acks [aria-invalid=true]";
  if (!location.hash) document.querySelector(troubles)?.focus();

  // --- the workflow: its columns, without leaving what was chosen or pasted ------------------

  flow?.addEventListener("change", async () => {
    if (!flow.value) return;
    const address = new URL(flow.form.action);
    address.searchParams.set("workflow", flow.value);
    upload.setAttribute("action", address.pathname + address.search);
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok || answer.redirected) return flow.form.submit();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["wanted", "kind"]) {
      document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
    }
    flow.querySelector('option[value=""]')?.remove();
    history.replaceState(null, "", address);
  });

  // --- the file ------------------------------------------------------------------------------

  const size = (bytes) =>
    bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
  const showFile = () => {
    const file = fileInput.files[0];
    says.textContent = file ? `${file.name}, ${size(file.size)}` : says.dataset.none;
    if (file) showError("");
  };
  fileInput?.addEventListener("change", showFile);
  // Unfold shows a file's name in a text field beside it, which is not here: tell it that it has
  // done so (its app.js).
  if (fileInput) fileInput.hasChangeListener = true;

  for (const kind of ["dragenter", "dragover"]) {
    drop?.addEventListener(kind, (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) {
    drop?.addEventListener(kind, () => drop.classList.remove("over"));
  }
  drop?.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    fileInput.files = one.files;
    showFile();
  });

  const showError = (words, signIn) => {
    const box = document.getElementById("upload-error");
    box.querySelector("p").textContent = words;
    if (signIn) {
      const link = document.createElement("a");
      Object.assign(link, { href: signIn, target: "_blank", textContent: upload.dataset.signIn });
      box.querySelector("p").append(" ", link);
    }
    box.hidden = !words;
    if (words) box.focus();
  };

  // --- the upload, with its progress ---------------------------------------------------------

  upload?.addEventListener("submit", (event) => {
    event.preventDefault();
    if (upload.dataset.busy) return;
    const file = fileInput.files[0];
    const words = upload.dataset;
    if (!new URL(upload.action).searchParams.get("workflow")) return showError(words.saysFlow);
    if (!file && !upload.elements.pasted.value.trim()) return showError(words.saysNone);
    if (file && file.size > Number(words.most)) return showError(words.saysLarge);
    begin(words);
  });

  // Whoever is signed out is told before the file is on its way. Signing in again changes the CSRF
  // token: the form gets the one of now.
  async function begin(words) {
    upload.dataset.busy = "yes";
    const answer = await fetch(upload.action).catch(() => null);
    delete upload.dataset.busy;
    if (answer?.redirected) return showError(words.saysSignedOut, answer.url);
    if (!answer?.ok) return showError(words.saysLost);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const name = "csrfmiddlewaretoken";
    const fresh = page.querySelector(`#upload [name=${name}]`);
    const trouble = page.querySelector("#upload-error:not([hidden]) p");
    if (trouble) return showError(trouble.textContent); // the workflow is not theirs any more
    if (!fresh) return location.reload();
    upload.elements[name].value = fresh.value;
    post(words);
  }

  function post(words) {
    const bar = document.getElementById("upload-progress");
    const button = upload.querySelector("button[type=submit]");
    const request = new XMLHttpRequest();
    const stop = (error) => {
      delete upload.dataset.busy;
      button.removeAttribute("aria-disabled");
      bar.hidden = true;
      showFile();
      showError(error);
    };
    upload.dataset.busy = "yes";
    button.setAttribute("aria-disabled", "true");
    showError("");
    bar.hidden = false;
    bar.value = 0;
    says.textContent = says.dataset.uploading;
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.value = (100 * loaded) / total;
    });
    request.upload.addEventListener("load", () => {
      bar.removeAttribute("value");
      says.textContent = says.dataset.checking;
    });
    request.addEventListener("load", () => {
      let answer = null;
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        // a page: signed out, or an error of the server
      }
      if (answer?.address) location.assign(answer.address);
      else stop(answer?.error ?? words.saysLost);
    });
    request.addEventListener("error", () => stop(words.saysLost));
    request.open("POST", upload.action);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.send(new FormData(upload));
  }

  // --- the confirmation: the button says what it does ----------------------------------------

  const button = document.querySelectorAll("#start-icon, #start-words");
  for (const choice of document.querySelectorAll("#when-now, #when-later")) {
    choice.addEventListener("change", () => {
      const says = document.querySelector("[name=when]:checked").value;
      for (const part of button) part.textContent = part.dataset[says];
      document.getElementById("start-says").value = says;
    });
  }

  // A page that Back brings again is not busy any more.
  addEventListener("pageshow", (event) => {
    if (event.persisted && upload?.dataset.busy) location.reload();
  });
}
