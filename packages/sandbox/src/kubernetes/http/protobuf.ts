/** Field of a message: its JSON name and what is inside. */
type FieldKind =
  | 'string'
  | 'int'
  | 'bool'
  | 'bytes'
  | 'stringMap'
  | 'bytesMap'
  | 'quantityMap'
  | Message;

interface Message {
  [fieldNumber: number]: [name: string, kind: FieldKind, repeated?: 'repeated'];
}

// Field numbers: k8s.io/api and k8s.io/apimachinery, generated.proto of each package.
const OBJECT_META: Message = {
  1: ['name', 'string'],
  2: ['generateName', 'string'],
  3: ['namespace', 'string'],
  5: ['uid', 'string'],
  6: ['resourceVersion', 'string'],
  11: ['labels', 'stringMap'],
  12: ['annotations', 'stringMap'],
  14: ['finalizers', 'string', 'repeated'],
};

const REFERENCE: Message = {
  1: ['kind', 'string'],
  2: ['namespace', 'string'],
  3: ['name', 'string'],
};

const LABEL_SELECTOR: Message = {
  1: ['matchLabels', 'stringMap'],
  2: [
    'matchExpressions',
    {
      1: ['key', 'string'],
      2: ['operator', 'string'],
      3: ['values', 'string', 'repeated'],
    },
    'repeated',
  ],
};

const CONTAINER: Message = {
  1: ['name', 'string'],
  2: ['image', 'string'],
  3: ['command', 'string', 'repeated'],
  4: ['args', 'string', 'repeated'],
  5: ['workingDir', 'string'],
  6: [
    'ports',
    {
      1: ['name', 'string'],
      2: ['hostPort', 'int'],
      3: ['containerPort', 'int'],
      4: ['protocol', 'string'],
    },
    'repeated',
  ],
  7: ['env', { 1: ['name', 'string'], 2: ['value', 'string'] }, 'repeated'],
};

const POD_TEMPLATE: Message = {
  1: ['metadata', OBJECT_META],
  2: [
    'spec',
    {
      2: ['containers', CONTAINER, 'repeated'],
      3: ['restartPolicy', 'string'],
      4: ['terminationGracePeriodSeconds', 'int'],
      5: ['activeDeadlineSeconds', 'int'],
      8: ['serviceAccountName', 'string'],
    },
  ],
};

const RULE: Message = {
  1: ['verbs', 'string', 'repeated'],
  2: ['apiGroups', 'string', 'repeated'],
  3: ['resources', 'string', 'repeated'],
  4: ['resourceNames', 'string', 'repeated'],
  5: ['nonResourceURLs', 'string', 'repeated'],
};

const BINDING: Message = {
  1: ['metadata', OBJECT_META],
  2: [
    'subjects',
    {
      1: ['kind', 'string'],
      2: ['apiGroup', 'string'],
      3: ['name', 'string'],
      4: ['namespace', 'string'],
    },
    'repeated',
  ],
  3: [
    'roleRef',
    { 1: ['apiGroup', 'string'], 2: ['kind', 'string'], 3: ['name', 'string'] },
  ],
};

const ROLE: Message = {
  1: ['metadata', OBJECT_META],
  2: ['rules', RULE, 'repeated'],
};

const RESOURCE_ATTRIBUTES: Message = {
  1: ['namespace', 'string'],
  2: ['verb', 'string'],
  3: ['group', 'string'],
  4: ['version', 'string'],
  5: ['resource', 'string'],
  6: ['subresource', 'string'],
  7: ['name', 'string'],
};

const ACCESS_SPEC: Message = {
  1: ['resourceAttributes', RESOURCE_ATTRIBUTES],
  2: [
    'nonResourceAttributes',
    { 1: ['path', 'string'], 2: ['verb', 'string'] },
  ],
};

const withMeta = (spec: Message): Message => ({
  1: ['metadata', OBJECT_META],
  2: ['spec', spec],
});

const JOB_SPEC: Message = {
  1: ['parallelism', 'int'],
  2: ['completions', 'int'],
  3: ['activeDeadlineSeconds', 'int'],
  4: ['selector', LABEL_SELECTOR],
  6: ['template', POD_TEMPLATE],
  7: ['backoffLimit', 'int'],
};

/** Kinds whose protobuf form is understood; kubectl's typed `create` commands and reviews send these. */
const KINDS: Record<string, Message> = {
  Namespace: { 1: ['metadata', OBJECT_META] },
  ServiceAccount: {
    1: ['metadata', OBJECT_META],
    2: ['secrets', REFERENCE, 'repeated'],
    3: ['imagePullSecrets', { 1: ['name', 'string'] }, 'repeated'],
    4: ['automountServiceAccountToken', 'bool'],
  },
  ConfigMap: {
    1: ['metadata', OBJECT_META],
    2: ['data', 'stringMap'],
    3: ['binaryData', 'bytesMap'],
    4: ['immutable', 'bool'],
  },
  Secret: {
    1: ['metadata', OBJECT_META],
    2: ['data', 'bytesMap'],
    3: ['type', 'string'],
    4: ['stringData', 'stringMap'],
    5: ['immutable', 'bool'],
  },
  ResourceQuota: withMeta({
    1: ['hard', 'quantityMap'],
    2: ['scopes', 'string', 'repeated'],
  }),
  Deployment: withMeta({
    1: ['replicas', 'int'],
    2: ['selector', LABEL_SELECTOR],
    3: ['template', POD_TEMPLATE],
    4: ['strategy', { 1: ['type', 'string'] }],
  }),
  Job: withMeta(JOB_SPEC),
  Role: ROLE,
  ClusterRole: ROLE,
  RoleBinding: BINDING,
  ClusterRoleBinding: BINDING,
  TokenRequest: withMeta({
    1: ['audiences', 'string', 'repeated'],
    3: [
      'boundObjectRef',
      {
        1: ['kind', 'string'],
        2: ['apiVersion', 'string'],
        3: ['name', 'string'],
        4: ['uid', 'string'],
      },
    ],
    4: ['expirationSeconds', 'int'],
  }),
  SelfSubjectAccessReview: withMeta(ACCESS_SPEC),
  SubjectAccessReview: withMeta({
    ...ACCESS_SPEC,
    3: ['user', 'string'],
    4: ['groups', 'string', 'repeated'],
  }),
  SelfSubjectRulesReview: withMeta({ 1: ['namespace', 'string'] }),
  SelfSubjectReview: { 1: ['metadata', OBJECT_META] },
  TokenReview: withMeta({
    1: ['token', 'string'],
    2: ['audiences', 'string', 'repeated'],
  }),
};

class Reader {
  #at = 0;
  constructor(private readonly bytes: Buffer) {}

  get done() {
    return this.#at >= this.bytes.length;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) {
        throw new RangeError('unexpected end of protobuf message');
      }
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  block(): Buffer {
    const length = this.varint();
    const from = this.#at;
    this.#at += length;
    if (this.#at > this.bytes.length) {
      throw new RangeError('unexpected end of protobuf message');
    }
    return this.bytes.subarray(from, this.#at);
  }

  skip(wireType: number) {
    if (wireType === 0) this.varint();
    else if (wireType === 2) this.block();
    else this.#at += wireType === 1 ? 8 : 4;
  }
}

type MapKind = 'stringMap' | 'bytesMap' | 'quantityMap';

const isMap = (kind: FieldKind): kind is MapKind =>
  typeof kind === 'string' && kind.endsWith('Map');

/** The fields of a message that are byte runs, by number. */
function blocksOf(bytes: Buffer): Record<number, Buffer> {
  const reader = new Reader(bytes);
  const parts: Record<number, Buffer> = {};
  while (!reader.done) {
    const tag = reader.varint();
    parts[Math.floor(tag / 8)] = reader.block();
  }
  return parts;
}

function mapEntry(bytes: Buffer, kind: MapKind): [string, string] {
  const parts = blocksOf(bytes);
  const value = parts[2] ?? Buffer.alloc(0);
  const key = String(parts[1] ?? '');
  switch (kind) {
    case 'bytesMap':
      return [key, value.toString('base64')];
    case 'quantityMap':
      return [key, String(blocksOf(value)[1] ?? '0')];
    default:
      return [key, value.toString('utf8')];
  }
}

function readValue(reader: Reader, kind: FieldKind): unknown {
  switch (kind) {
    case 'int':
      return reader.varint();
    case 'bool':
      return reader.varint() === 1;
    case 'string':
      return reader.block().toString('utf8');
    case 'bytes':
      return reader.block().toString('base64');
    case 'stringMap':
    case 'bytesMap':
    case 'quantityMap':
      return reader.block();
    default:
      return readMessage(reader.block(), kind);
  }
}

function readMessage(bytes: Buffer, message: Message): Record<string, unknown> {
  const reader = new Reader(bytes);
  const result: Record<string, any> = {};
  while (!reader.done) {
    const tag = reader.varint();
    const field = message[tag >> 3];
    if (!field) {
      reader.skip(tag & 7);
      continue;
    }
    const [name, kind, repeated] = field;
    const value = readValue(reader, kind);
    if (isMap(kind)) {
      const [key, item] = mapEntry(value as Buffer, kind);
      result[name] = { ...result[name], [key]: item };
    } else if (repeated) {
      result[name] = [...(result[name] ?? []), value];
    } else if (value !== '') {
      result[name] = value;
    }
  }
  return result;
}

const MAGIC = Buffer.from('k8s\0');

/**
 * A protobuf request body (`k8s\0` and a runtime.Unknown) as the JSON it stands for; undefined when the kind's form is
 * not known here, which the server answers with 415.
 */
export function decodeProtobuf(
  body: Buffer,
): Record<string, unknown> | undefined {
  if (!body.subarray(0, 4).equals(MAGIC)) {
    return undefined;
  }
  const unknown = readMessage(body.subarray(4), {
    1: ['typeMeta', { 1: ['apiVersion', 'string'], 2: ['kind', 'string'] }],
    2: ['raw', 'bytes'],
  }) as { typeMeta?: { apiVersion: string; kind: string }; raw?: string };
  const message = KINDS[unknown.typeMeta?.kind ?? ''];
  if (!message) {
    return undefined;
  }
  return {
    ...unknown.typeMeta,
    ...readMessage(Buffer.from(unknown.raw ?? '', 'base64'), message),
  };
}
