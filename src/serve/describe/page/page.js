"use strict";

// Shows what /openapi.json says, and sends requests. Everything from the server becomes text, never markup.

const byId = (id) => document.getElementById(id);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
  made.append(...children);
  return made;
}

function headers(more = {}) {
  const token = byId("token").value;
  return token ? { Authorization: `Bearer ${token}`, ...more } : more;
}

function show(text, isProblem) {
  byId("state").textContent = text;
  byId("state").className = isProblem ? "problem" : "";
}

async function load() {
  byId("tables").replaceChildren();
  try {
    const response = await fetch("/openapi.json", { headers: headers() });
    if (response.status === 401) {
      show("This service needs a token: enter it, and load again.", true);
      return;
    }
    if (!response.ok) {
      show(`The description cannot be read: ${response.status}`, true);
      return;
    }
    const description = await response.json();
    const tags = description.tags;
    byId("tables").append(...tags.map((tag) => section(description, tag.name, tag["x-schema"])));
    show(`${tags.length} ${tags.length === 1 ? "table" : "tables"}`, false);
  } catch (error) {
    show(`The service does not answer: ${error.message}`, true);
  }
}

function section(description, tag, name) {
  const made = element("section", { "data-table": tag }, element("h2", {}, tag));
  const schema = description.components.schemas[name];
  if (schema) {
    made.append(columns(schema));
  }
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if ((operation.tags || []).includes(tag)) {
        made.append(request(path, method, operation));
      }
    }
  }
  return made;
}

function columns(schema) {
  const rows = Object.entries(schema.properties).map(([name, property]) =>
    element("tr", {}, element("td", {}, element("code", {}, name)), element("td", {}, property.description || "")));
  const head = element("tr", {}, element("th", {}, "column"), element("th", {}, "type"));
  return element("details", {}, element("summary", {}, `${rows.length} columns`),
    element("table", {}, head, ...rows));
}

function request(path, method, operation) {
  const fields = [];
  for (const parameter of operation.parameters || []) {
    const input = element("input", { name: parameter.name });
    input.dataset.place = parameter.in;
    fields.push({ input, label: element("label", {}, element("code", {}, parameter.name), " ", input, " ",
      parameter.description || "") });
  }
  const body = operation.requestBody ? element("textarea", { rows: "5" }, "{}") : null;
  const send = element("button", { type: "button" }, "Send");
  const answer = element("pre", { hidden: "" });
  const shown = fields.filter(({ input }) => !input.name.includes("."));
  const more = fields.filter(({ input }) => input.name.includes("."));
  send.addEventListener("click", async () => {
    answer.hidden = false;
    answer.textContent = await sent(path, method, fields.map(({ input }) => input), body);
  });
  return element("details", { "data-operation": operation.operationId },
    element("summary", {}, element("code", {}, `${method.toUpperCase()} ${path}`), ` ${operation.summary}`),
    ...shown.map(({ label }) => label),
    ...(more.length ? [element("details", {}, element("summary", {}, "more filters"), ...more.map(({ label }) => label))] : []),
    ...(body ? [body] : []), send, answer);
}

async function sent(path, method, inputs, body) {
  const query = new URLSearchParams();
  const sentHeaders = {};
  let target = path;
  for (const input of inputs.filter((input) => input.value !== "")) {
    if (input.dataset.place === "header") {
      sentHeaders[input.name] = input.value;
    } else if (input.dataset.place === "path") {
      target = target.replace(`{${input.name}}`, encodeURIComponent(input.value));
    } else {
      query.append(input.name, input.value);
    }
  }
  const words = query.toString();
  const options = { method: method.toUpperCase(), headers: headers(sentHeaders) };
  if (body) {
    options.body = body.value;
    options.headers = headers({ "Content-Type": "application/json", ...sentHeaders });
  }
  try {
    const response = await fetch(words ? `${target}?${words}` : target, options);
    return `${response.status} ${response.statusText}\n\n${await response.text()}`;
  } catch (error) {
    return `The service does not answer: ${error.message}`;
  }
}

byId("load").addEventListener("click", load);
load();
