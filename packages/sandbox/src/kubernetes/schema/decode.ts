import { badRequest } from '../model/status';
import { apiVersionOf, ResourceDef } from '../model/resources';
import { KubeObject } from '../types';
import { FieldType, fieldsOf, isQuantityField } from './schema';

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
      } else if (child !== null) {
        result[name] = isQuantityField(name)
          ? quantities(child)
          : this.value(child, field.type, at, model);
      } else if (name === 'creationTimestamp') {
        // kubectl writes it as null; it is the server's anyway.
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

function quantities(value: unknown): unknown {
  if (typeof value === 'number') {
    return String(value);
  }
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, quantities(item)]),
    );
  }
  return value;
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
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    throw badRequest(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${goName(
        body,
      )} into Go value of type struct`,
    );
  }
  const given = body as KubeObject;
  if (
    (given.apiVersion && given.apiVersion !== apiVersion) ||
    (given.kind && given.kind !== def.kind)
  ) {
    throw badRequest(
      `${given.kind} in version "${given.apiVersion}" cannot be handled as a ${def.kind}: the object provided is unrecognized (must be of type ${def.kind})`,
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
