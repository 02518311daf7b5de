/** Type of a message's field. */
type FieldKind = 'string' | 'int' | 'bool' | 'bytes' | 'stringMap' | Message;

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

const LABEL_SELECTOR: Message = { 1: ['matchLabels', 'stringMap'] };

const CONTAINER: Message = {
  1: ['name', 'string'],
  2: ['image', 'string'],
  3: ['command', 'string', 'repeated'],
  6: [
    'ports',
    { 1: ['name', 'string'], 3: ['containerPort', 'int'] },
    'repeated',
  ],
};

const POD_TEMPLATE: Message = {
  1: ['metadata', OBJECT_META],
  2: ['spec', { 2: ['containers', CONTAINER, 'repeated'] }],
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

/**
 * Kinds that can be decoded from protobuf: those that `kubectl auth` and the `kubectl create` commands of fixes and of
 * the lab send. Other typed `create` commands get 415; everything else that kubectl sends is JSON.
 */
const KINDS: Record<string, Message> = {
  Namespace: { 1: ['metadata', OBJECT_META] },
  ServiceAccount: {
    1: ['metadata', OBJECT_META],
    4: ['automountServiceAccountToken', 'bool'],
  },
  Deployment: withMeta({
    1: ['replicas', 'int'],
    2: ['selector', LABEL_SELECTOR],
    3: ['template', POD_TEMPLATE],
    4: ['strategy', { 1: ['type', 'string'] }],
  }),
  SelfSubjectAccessReview: withMeta(ACCESS_SPEC),
  SelfSubjectRulesReview: withMeta({ 1: ['namespace', 'string'] }),
  TokenRequest: withMeta({
    1: ['audiences', 'string', 'repeated'],
    4: ['expirationSeconds', 'int'],
  }),
  SelfSubjectReview: { 1: ['metadata', OBJECT_META] },
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

const text = (bytes: Buffer) => bytes.toString('utf8');

function mapEntry(bytes: Buffer): [string, Buffer] {
  const reader = new Reader(bytes);
  const parts: Record<number, Buffer> = {};
  while (!reader.done) {
    const tag = reader.varint();
    parts[tag >> 3] = reader.block();
  }
  return [text(parts[1] ?? Buffer.of()), parts[2] ?? Buffer.of()];
}

function readValue(reader: Reader, kind: FieldKind): unknown {
  switch (kind) {
    case 'int':
      return reader.varint();
    case 'bool':
      return reader.varint() === 1;
    case 'string':
      return text(reader.block());
    case 'bytes':
      return reader.block().toString('base64');
    case 'stringMap':
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
    if (kind === 'stringMap') {
      const [key, item] = mapEntry(value as Buffer);
      result[name] = { ...result[name], [key]: text(item) };
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
 * Decodes a protobuf request body (`k8s\0` and a runtime.Unknown) to JSON; undefined when the kind is not
 * supported, which the server answers with 415.
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
