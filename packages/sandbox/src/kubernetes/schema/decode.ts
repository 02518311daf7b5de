import { badRequest } from '../model/status';
import { apiVersionOf, findKind, ResourceDef } from '../model/resources';
import { KubeObject } from '../types';
import { canonicalQuantity, quantityFault } from '../validation/quantity';
import {
  FieldType,
  fieldsOf,
  isPlainTime,
  isQuantityField,
  keepsEmpty,
} from './schema';

const goName = (value: unknown) => {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
};

const GO_TYPES = {
  string: 'string',
  number: 'int32',
  boolean: 'bool',
  Date: 'time.Time',
  IntOrString: 'intstr.IntOrString',
};

/** Whether the API server leaves an empty map or list out. */
const isOmitted = (value: unknown, type: FieldType, field: string) =>
  (type.type === 'map' || type.type === 'list') &&
  typeof value === 'object' &&
  Object.keys(value as object).length === 0 &&
  !keepsEmpty(field);

class Decoder {
  readonly unknown: string[] = [];

  constructor(private readonly what: string) {}

  object(value: unknown, model: string, path: string): unknown {
    const fields = fieldsOf(model);
    if (!fields) {
      return value;
    }
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw this.mismatch(value, path, model);
    }
    const result: Record<string, unknown> = {};
    for (const [name, child] of Object.entries(value)) {
      const at = path ? `${path}.${name}` : name;
      const field = fields.get(name);
      if (!field) {
        this.unknown.push(at);
      } else if (child === null) {
        if (isPlainTime(name)) {
          result[name] = null;
        }
      } else if (isQuantityField(name) && field.type.type !== 'list') {
        result[name] = this.quantities(child);
      } else if (!isOmitted(child, field.type, `${model}.${name}`)) {
        result[name] = this.value(child, field.type, at, model);
      }
    }
    return result;
  }

  value(value: unknown, type: FieldType, path: string, owner: string): unknown {
    switch (type.type) {
      case 'any':
        return value;
      case 'object':
        return this.object(value, type.model, path);
      case 'list':
        if (!Array.isArray(value)) {
          throw this.mismatch(value, path, owner, `[]${describe(type.item)}`);
        }
        return value.map((item, index) =>
          this.value(item, type.item, `${path}[${index}]`, owner),
        );
      case 'map':
        if (typeof value !== 'object' || Array.isArray(value)) {
          throw this.mismatch(
            value,
            path,
            owner,
            `map[string]${describe(type.value)}`,
          );
        }
        return Object.fromEntries(
          Object.entries(value as object)
            .filter(([, item]) => item !== null)
            .map(([key, item]) => [
              key,
              this.value(item, type.value, `${path}.${key}`, owner),
            ]),
        );
      default:
        return this.scalar(value, type.scalar, path, owner);
    }
  }

  private scalar(
    value: unknown,
    scalar: keyof typeof GO_TYPES,
    path: string,
    owner: string,
  ) {
    if (scalar === 'Date') {
      if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) {
        throw badRequest(
          `${this.what}: parsing time ${JSON.stringify(
            value,
          )} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(
            value,
          )} as "2006"`,
        );
      }
      return value;
    }
    const fits =
      scalar === 'IntOrString'
        ? typeof value === 'string' || Number.isInteger(value)
        : typeof value === scalar;
    if (!fits) {
      throw this.mismatch(value, path, owner, GO_TYPES[scalar]);
    }
    return value;
  }

  private quantities(value: unknown): unknown {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [
          key,
          this.quantities(item),
        ]),
      );
    }
    const text = String(value);
    const fault = quantityFault(text);
    if (fault) {
      throw badRequest(`${this.what}: ${fault}`);
    }
    return canonicalQuantity(text);
  }

  private mismatch(
    value: unknown,
    path: string,
    owner: string,
    wanted?: string,
  ) {
    const goPath = path.replace(/\[\d+\]/g, '');
    const goOwner = owner.replace(/^\w*V1/, '');
    return badRequest(
      `${this.what}: json: cannot unmarshal ${goName(
        value,
      )} into Go struct field ${goOwner}.${goPath} of type ${
        wanted ?? `v1.${goOwner}`
      }`,
    );
  }
}

function describe(type: FieldType): string {
  if (type.type === 'scalar') return GO_TYPES[type.scalar];
  return type.type === 'object'
    ? `v1.${type.model.replace(/^\w*V1/, '')}`
    : 'interface {}';
}

/** Why an object of another kind is no body for this one, in the words of the API server's scheme. */
function unlike(apiVersion: string, kind: string, def: ResourceDef): string {
  const internal = def.group.split('.')[0] || 'core';
  return findKind(apiVersion, kind)
    ? `converting (v1.${kind}) to (${internal}.${def.kind}): unknown conversion`
    : `no kind ${JSON.stringify(
        kind,
      )} is registered for version ${JSON.stringify(
        apiVersion,
      )} in scheme "pkg/api/legacyscheme/scheme.go:30"`;
}

/**
 * Decodes a request body as the kind of the path, like the API server's decoder: refuses wrong types, drops unknown
 * fields and, by `fieldValidation`, refuses, warns about or ignores them.
 */
export function decodeObject(
  body: unknown,
  def: ResourceDef,
  options: {
    fieldValidation: 'Strict' | 'Warn' | 'Ignore';
    warnings: string[];
  },
): KubeObject {
  const apiVersion = apiVersionOf(def);
  const given = body as KubeObject;
  const { apiVersion: version = apiVersion, kind = def.kind } = given;
  if (version !== apiVersion || kind !== def.kind) {
    throw badRequest(
      `${kind} in version "${version
        .split('/')
        .pop()}" cannot be handled as a ${def.kind}: ${unlike(
        version,
        kind,
        def,
      )}`,
    );
  }
  const what = `${def.kind} in version "${def.version}" cannot be handled as a ${def.kind}`;
  const decoder = new Decoder(what);
  const object = decoder.object(given, def.schema, '') as KubeObject;
  const problems = decoder.unknown.map(path => `unknown field "${path}"`);
  if (problems.length > 0) {
    if (options.fieldValidation === 'Strict') {
      throw badRequest(
        `${what}: strict decoding error: ${problems.join(', ')}`,
      );
    }
    if (options.fieldValidation === 'Warn') {
      options.warnings.push(...problems);
    }
  }
  return {
    ...object,
    apiVersion,
    kind: def.kind,
    metadata: object.metadata ?? ({} as KubeObject['metadata']),
  };
}
