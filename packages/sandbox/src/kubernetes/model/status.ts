/** The `Status` object of every error response of a Kubernetes API server. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, unknown>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code?: number;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

/** The resource of an error. */
export interface ResourceName {
  group: string;
  resource: string;
}

/** An error response: thrown below the HTTP layer, which writes its Status. */
export class ApiError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details?: StatusDetails,
  ) {
    super(message);
    this.name = 'ApiError';
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason && { reason: this.reason }),
      ...(this.details && { details: this.details }),
      code: this.code,
    };
  }
}

const detailsOf = (r: ResourceName, name?: string): StatusDetails => ({
  ...(name && { name }),
  ...(r.group && { group: r.group }),
  kind: r.resource,
});

const qualified = (r: ResourceName) =>
  r.group ? `${r.resource}.${r.group}` : r.resource;

export const notFound = (r: ResourceName, name: string) =>
  new ApiError(
    404,
    'NotFound',
    `${qualified(r)} "${name}" not found`,
    detailsOf(r, name),
  );

/** An unknown path or resource type. */
export const noSuchResource = () =>
  new ApiError(
    404,
    'NotFound',
    'the server could not find the requested resource',
    {},
  );

export const alreadyExists = (r: ResourceName, name: string) =>
  new ApiError(
    409,
    'AlreadyExists',
    `${qualified(r)} "${name}" already exists`,
    detailsOf(r, name),
  );

export const conflict = (r: ResourceName, name: string, why: string) =>
  new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(r)} "${name}": ${why}`,
    detailsOf(r, name),
  );

export const modified = (r: ResourceName, name: string) =>
  conflict(
    r,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );

export const forbidden = (
  r: ResourceName,
  name: string | undefined,
  why: string,
  causes?: StatusCause[],
) =>
  new ApiError(
    403,
    'Forbidden',
    `${qualified(r)}${name ? ` "${name}"` : ''} is forbidden: ${why}`,
    { ...detailsOf(r, name), ...(causes && { causes }) },
  );

export const badRequest = (message: string) =>
  new ApiError(400, 'BadRequest', message);

export const unauthorized = () =>
  new ApiError(401, 'Unauthorized', 'Unauthorized');

export const methodNotAllowed = () =>
  new ApiError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );

export const unsupportedMediaType = (accepted: string[]) =>
  new ApiError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(
      ', ',
    )}`,
  );

/** The router refuses a PATCH before its handler sees it. */
export const unsupportedPatch = () =>
  new ApiError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});

export const notAcceptable = (available: string[]) =>
  new ApiError(
    406,
    'NotAcceptable',
    `406: Not Acceptable\n\nAvailable representations: ${available.join(', ')}`,
    {},
  );

/** The API server waits for the version first; the sandbox answers at once. */
export const tooLargeResourceVersion = (asked: number, current: number) =>
  new ApiError(
    504,
    'Timeout',
    `Timeout: Too large resource version: ${asked}, current: ${current}`,
    {
      causes: [
        {
          reason: 'ResourceVersionTooLarge',
          message: 'Too large resource version',
        },
      ],
      retryAfterSeconds: 1,
    },
  );

export const expired = (requested: string, oldest: number) =>
  new ApiError(
    410,
    'Expired',
    `too old resource version: ${requested} (${oldest})`,
  );

export const internalError = (message: string) =>
  new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, {
    causes: [{ message }],
  });

/** A field that validation refuses; `text` includes the kind of error. */
export interface FieldError {
  reason:
    | 'FieldValueInvalid'
    | 'FieldValueRequired'
    | 'FieldValueDuplicate'
    | 'FieldValueForbidden'
    | 'FieldValueNotSupported'
    | 'FieldValueNotFound'
    | 'FieldValueTooLong';
  field: string;
  text: string;
}

const show = (value: unknown) => JSON.stringify(value);

export const fieldErrors = {
  invalid: (field: string, value: unknown, detail: string): FieldError => ({
    reason: 'FieldValueInvalid',
    field,
    text: `Invalid value: ${show(value)}: ${detail}`,
  }),
  required: (field: string, detail = ''): FieldError => ({
    reason: 'FieldValueRequired',
    field,
    text: `Required value${detail && `: ${detail}`}`,
  }),
  duplicate: (field: string, value: unknown): FieldError => ({
    reason: 'FieldValueDuplicate',
    field,
    text: `Duplicate value: ${show(value)}`,
  }),
  forbidden: (field: string, detail: string): FieldError => ({
    reason: 'FieldValueForbidden',
    field,
    text: `Forbidden: ${detail}`,
  }),
  tooLong: (field: string, detail: string): FieldError => ({
    reason: 'FieldValueTooLong',
    field,
    text: `Too long: ${detail}`,
  }),
  notFound: (field: string, value: unknown): FieldError => ({
    reason: 'FieldValueNotFound',
    field,
    text: `Not found: ${show(value)}`,
  }),
  notSupported: (
    field: string,
    value: unknown,
    supported: string[],
  ): FieldError => ({
    reason: 'FieldValueNotSupported',
    field,
    text: `Unsupported value: ${show(value)}: supported values: ${supported
      .map(s => JSON.stringify(s))
      .join(', ')}`,
  }),
};

/** Where a value is set, it has to be one of these. */
export const oneOf = (value: unknown, field: string, values: string[]) =>
  value === undefined || values.includes(value as string)
    ? []
    : [fieldErrors.notSupported(field, value, values)];

export const invalid = (
  group: string,
  kind: string,
  name: string,
  errors: FieldError[],
) => {
  const texts = errors.map(e => `${e.field}: ${e.text}`);
  return new ApiError(
    422,
    'Invalid',
    `${group ? `${kind}.${group}` : kind} ${JSON.stringify(name)} is invalid: ${
      texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
    }`,
    {
      ...(name && { name }),
      ...(group && { group }),
      ...(kind && { kind }),
      causes: errors.map(e => ({
        reason: e.reason,
        message: e.text,
        field: e.field,
      })),
    },
  );
};

export const success = (details?: StatusDetails): Status => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  ...(details && { details }),
});
