import type { JsonSchema, OpenApiDocument, OpenApiMedia, OpenApiOperation, OpenApiParameter } from './openapi.ts';

/** The OpenAPI document as one page of plain HTML, its curl lines beginning with `exampleUrl`; every text that comes from the document is escaped. */
export function renderDocsPage({ info, tags, paths, components }: OpenApiDocument, exampleUrl: string): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
  const sections = tags.map(({ name }) => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return `<h2 id="${anchor(name)}">${escapeHtml(name)}</h2>${own.map((one) => renderOperation(one, exampleUrl)).join('')}`;
  });
  const index = operations.map(
    ({ method, path, operation }) =>
      `<li><a href="#${operation.operationId}">${badge(method)}<code>${escapeHtml(path)}</code></a></li>`,
  );
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<section id="schema-${anchor(name)}"><h3>${escapeHtml(name)}</h3>${renderSchema(schema)}</section>`,
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(info.title)}</title><style>${style}</style></head><body>
<nav><strong>${escapeHtml(info.title)}</strong> <small>${escapeHtml(info.version)}</small><ul>${index.join('')}</ul>
<a href="openapi.json">openapi.json</a></nav>
<main><h1>${escapeHtml(info.title)}</h1><p>${inlineMarkup(info.description)}</p>${sections.join('')}
<h2>Schemas</h2>${schemas.join('')}</main></body></html>`;
}

interface PlacedOperation {
  method: string;
  path: string;
  operation: OpenApiOperation;
}

function renderOperation({ method, path, operation }: PlacedOperation, exampleUrl: string): string {
  const { operationId, summary, description, parameters = [], requestBody, responses } = operation;
  const body = requestBody ? `<h4>Body</h4>${renderContent(requestBody.content)}` : '';
  const answers = Object.entries(responses).map(
    ([status, { description: text, content, headers }]) =>
      `<details${status.startsWith('2') ? ' open' : ''}><summary><b class="s${status[0]}">${status}</b> ${inlineMarkup(text)}</summary>
${
  headers
    ? `<p>Headers: ${Object.entries(headers)
        .map(([name, header]) => `<code>${escapeHtml(name)}</code> ${inlineMarkup(header.description)}`)
        .join('; ')}</p>`
    : ''
}
${renderContent(content ?? {})}</details>`,
  );
  return `<section id="${operationId}"><h3>${badge(method)}<code>${escapeHtml(path)}</code></h3>
<p><b>${escapeHtml(summary)}</b> ${inlineMarkup(description ?? '')}</p>
<pre>${escapeHtml(curlExample(method, exampleUrl + path, requestBody?.content['application/json']))}</pre>
${renderParameters(parameters)}${body}<h4>Answers</h4>${answers.join('')}</section>`;
}

function renderParameters(parameters: readonly OpenApiParameter[]): string {
  if (parameters.length === 0) return '';
  const rows = parameters.map(
    ({ name, in: place, required, description, schema }) =>
      `<tr><td><code>${escapeHtml(name)}</code>${required ? ' *' : ''}</td><td>${place}</td><td><code>${escapeHtml(shortType(schema))}</code></td><td>${inlineMarkup(description ?? '')}</td></tr>`,
  );
  return `<h4>Parameters</h4><table>${rows.join('')}</table>`;
}

const renderContent = (content: Record<string, OpenApiMedia>) =>
  Object.entries(content)
    .map(([type, { schema, example }]) => {
      const shown = example === undefined ? '' : `<pre>${escapeHtml(printExample(example))}</pre>`;
      return `<p><small>${escapeHtml(type)}</small></p>${shown}${schema ? renderSchema(schema) : ''}`;
    })
    .join('');

/** An object's fields as a table; anything else in one line. A named schema is a link. */
function renderSchema(schema: JsonSchema): string {
  const {
    properties,
    required = [],
    description,
  } = schema as {
    properties?: Record<string, JsonSchema>;
    required?: string[];
    description?: string;
  };
  const about = description ? `<p>${inlineMarkup(description)}</p>` : '';
  if (!properties) return `${about}<p><code>${linkType(schema)}</code></p>`;
  const rows = Object.entries(properties).map(
    ([name, field]) =>
      `<tr><td><code>${escapeHtml(name)}</code>${required.includes(name) ? ' *' : ''}</td><td><code>${linkType(field)}</code></td><td>${inlineMarkup(String(field['description'] ?? ''))}</td></tr>`,
  );
  return `${about}<table>${rows.join('')}</table>`;
}

function linkType(schema: JsonSchema): string {
  const target = schema['$ref'] ?? (schema['items'] as JsonSchema | undefined)?.['$ref'];
  if (typeof target !== 'string') return escapeHtml(shortType(schema));
  const name = target.slice(target.lastIndexOf('/') + 1);
  return `<a href="#schema-${anchor(name)}">${escapeHtml(name)}</a>${schema['$ref'] ? '' : '[]'}`;
}

/** `integer 1…500, default 50`: what a reader needs of a JSON schema in one line. */
function shortType(schema: JsonSchema): string {
  const alternatives = schema['anyOf'] as JsonSchema[] | undefined;
  if (alternatives) return alternatives.map(shortType).join(' | ');
  const { enum: values, const: value, format, pattern, items, minimum, maximum, maxLength } = schema;
  const words =
    Array.isArray(values) && values.length <= 12 ? values.map((word) => JSON.stringify(word)).join(' | ') : undefined;
  const type = items ? `${shortType(items as JsonSchema)}[]` : String(schema['type'] ?? 'any');
  const parts = [words ?? (value === undefined ? type : JSON.stringify(value))];
  if (typeof format === 'string') parts.push(format);
  if (minimum !== undefined || maximum !== undefined) parts.push(`${minimum ?? ''}…${maximum ?? ''}`);
  if (maxLength !== undefined) parts.push(`up to ${maxLength} characters`);
  if (typeof pattern === 'string' && !words) parts.push(pattern);
  if (schema['default'] !== undefined) parts.push(`default ${JSON.stringify(schema['default'])}`);
  return parts.join(' ');
}

function curlExample(method: string, url: string, body?: OpenApiMedia): string {
  const verb = method === 'get' ? '' : ` -X ${method.toUpperCase()}`;
  const data = body ? ` -H 'content-type: application/json' -d '${JSON.stringify(body.example ?? {})}'` : '';
  return `curl${verb} ${url.replace(/\{\w+\}/g, '1')}${data}`;
}

const printExample = (example: unknown) => (typeof example === 'string' ? example : JSON.stringify(example, null, 2));
const badge = (method: string) => `<b class="m ${method}">${method.toUpperCase()}</b> `;
const anchor = (name: string) => name.replace(/\W+/g, '-').toLowerCase();

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] as string);

/** Text in backquotes is code; nothing else is special. */
const inlineMarkup = (text: string) => escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');

const style = `:root{color-scheme:light dark}*{box-sizing:border-box}
body{margin:0;display:grid;grid-template-columns:16rem minmax(0,56rem);font:15px/1.5 system-ui,sans-serif}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1rem;border-right:1px solid #8885}nav ul{list-style:none;padding:0}
main{padding:1rem 2rem}a{color:inherit}section{border:1px solid #8885;border-radius:8px;padding:.2rem 1rem;margin:1rem 0}
pre{background:#8882;border-radius:6px;padding:.6rem;white-space:pre-wrap;overflow-wrap:anywhere}code,pre{font-size:13px}h3 code{font-size:16px}
table{border-collapse:collapse;width:100%}td{border-top:1px solid #8884;padding:.25rem .6rem .25rem 0;vertical-align:top}td code{overflow-wrap:anywhere}td:first-child{white-space:nowrap}
.m{display:inline-block;min-width:3.6rem;font-size:11px;text-align:center;border-radius:4px;padding:.15rem .3rem;color:#fff;background:#666}
.get{background:#1864ab}.post{background:#2b8a3e}.put{background:#b35900}.delete{background:#c92a2a}
.s2{color:#2b8a3e}.s4{color:#b35900}.s5{color:#e03131}summary{cursor:pointer;padding:.2rem 0}
@media(max-width:50rem){body{display:block}nav{position:static;height:auto}}`;
