import {
  LineCounter,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
} from 'yaml';
import type { Document, Node } from 'yaml';
import { validationError } from '../errors';

export interface TemplateParameter {
  Type: string;
  Default?: unknown;
  Description?: string;
  NoEcho?: boolean | string;
  AllowedValues?: unknown[];
  AllowedPattern?: string;
  ConstraintDescription?: string;
  MinLength?: number | string;
  MaxLength?: number | string;
}

export interface TemplateResource {
  Type: string;
  Condition?: string;
  Properties?: Record<string, unknown>;
  DependsOn?: string | string[];
  DeletionPolicy?: string;
}

export interface Template {
  AWSTemplateFormatVersion?: string;
  Description?: string;
  Parameters?: Record<string, TemplateParameter>;
  Conditions?: Record<string, unknown>;
  Mappings?: Record<string, Record<string, Record<string, unknown>>>;
  Rules?: Record<
    string,
    {
      RuleCondition?: unknown;
      Assertions: { Assert: unknown; AssertDescription?: string }[];
    }
  >;
  Resources: Record<string, TemplateResource>;
  Outputs?: Record<
    string,
    {
      Value: unknown;
      Description?: string;
      Condition?: string;
      Export?: { Name: unknown };
    }
  >;
}

const SECTIONS = new Set([
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Mappings',
  'Rules',
  'Conditions',
  'Resources',
  'Outputs',
]);

/** What a short tag such as `!GetAtt` stands for. */
function longForm(tag: string, value: unknown): unknown {
  const name = tag.slice(1);
  if (name === 'Ref' || name === 'Condition') {
    return { [name]: value };
  }
  if (name === 'GetAtt' && typeof value === 'string') {
    const dot = value.indexOf('.');
    return { 'Fn::GetAtt': [value.slice(0, dot), value.slice(dot + 1)] };
  }
  return { [`Fn::${name}`]: value };
}

function plain(node: Node | null, document: Document): unknown {
  if (node === null) {
    return null;
  }
  if (isAlias(node)) {
    return plain(node.resolve(document) ?? null, document);
  }
  let value: unknown;
  if (isMap(node)) {
    value = Object.fromEntries(
      node.items.map(pair => [
        String(plain(pair.key as Node, document)),
        plain(pair.value as Node | null, document),
      ]),
    );
  } else if (isSeq(node)) {
    value = node.items.map(item => plain(item as Node, document));
  } else {
    value = isScalar(node) ? node.value : undefined;
  }
  return node.tag?.startsWith('!') ? longForm(node.tag, value) : value;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function checkResources(resources: unknown): void {
  if (!isObject(resources) || Object.keys(resources).length === 0) {
    throw validationError(
      'Template format error: At least one Resources member must be defined.',
    );
  }
  for (const [id, resource] of Object.entries(resources)) {
    if (!/^[A-Za-z0-9]+$/.test(id)) {
      throw validationError(
        `Template format error: Resource name ${id} is non alphanumeric.`,
      );
    }
    if (!isObject(resource) || typeof resource.Type !== 'string') {
      throw validationError(
        `Template format error: [/Resources/${id}] Every Resources object must contain a Type member.`,
      );
    }
  }
}

/** What was read last: each look at a stack reads its template again. */
let last: { text: string; template: Template } | undefined;

/** Reads a template, YAML with its short tags or JSON. */
export function parseTemplate(text: string): Template {
  if (last?.text !== text) last = { text, template: read(text) };
  return structuredClone(last.template);
}

function read(text: string): Template {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    logLevel: 'silent',
  });
  const [error] = document.errors;
  if (error) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw validationError(
      `Template format error: YAML not well-formed. (line ${line}, column ${col})`,
    );
  }
  const template = plain(document.contents as Node | null, document);
  if (!isObject(template)) {
    throw validationError('Template format error: unsupported structure.');
  }
  const unknown = Object.keys(template).filter(name => !SECTIONS.has(name));
  if (unknown.length > 0) {
    throw validationError(
      `Invalid template property or properties [${unknown.join(', ')}]`,
    );
  }
  checkResources(template.Resources);
  return template as unknown as Template;
}
