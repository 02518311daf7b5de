import { AdmissionRequest } from '../api/admission';
import { ApiError, StatusDetails } from '../model/status';
import { attributesOf } from './matching';
import { WebhookCallError } from './webhookCall';

const OPTIONS: Record<AdmissionRequest['operation'], string> = {
  CREATE: 'CreateOptions',
  UPDATE: 'UpdateOptions',
  DELETE: 'DeleteOptions',
};

/** The AdmissionReview that a webhook is sent. */
export function reviewOf(
  request: AdmissionRequest,
  version: string,
  uid: string,
) {
  const { context, operation, object, before } = request;
  return {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: {
      uid,
      ...attributesOf(request),
      object: object ?? null,
      oldObject: before ?? null,
      options: {
        kind: OPTIONS[operation],
        apiVersion: 'meta.k8s.io/v1',
        ...(context.dryRun && { dryRun: ['All'] }),
        ...(operation !== 'DELETE' && { fieldManager: context.fieldManager }),
      },
    },
  };
}

/** What a webhook decided. */
export interface Verdict {
  allowed: boolean;
  status?: {
    code?: number;
    message?: string;
    reason?: string;
    details?: StatusDetails;
  };
  /** Operations of a JSON patch. */
  patch?: unknown[];
  warnings: string[];
}

const invalidResponse = (why: string) =>
  new WebhookCallError(`received invalid webhook response: ${why}`);

function patchOf(response: any, mutating: boolean): unknown[] | undefined {
  const { patch, patchType } = response;
  if (!mutating && (patch || patchType)) {
    throw invalidResponse(
      `validating webhook may not return response.${
        patch ? 'patch' : 'patchType'
      }`,
    );
  }
  if (Boolean(patch) !== Boolean(patchType)) {
    throw invalidResponse(
      patch
        ? 'webhook returned response.patch but not response.patchType'
        : 'webhook returned response.patchType but not response.patch',
    );
  }
  if (!patch) {
    return undefined;
  }
  if (patchType !== 'JSONPatch') {
    throw new WebhookCallError(
      `unsupported patch type ${JSON.stringify(patchType)}`,
    );
  }
  try {
    return JSON.parse(Buffer.from(patch, 'base64').toString('utf8'));
  } catch (error) {
    throw new WebhookCallError(
      `received undecodable patch in webhook response: ${
        (error as Error).message
      }`,
    );
  }
}

/** Reads the answer of a webhook; one that is not what the API server expects counts as a failed call. */
export function verdictOf(
  answer: any,
  {
    version,
    uid,
    mutating,
  }: { version: string; uid: string; mutating: boolean },
): Verdict {
  const response = answer?.response;
  if (!response) {
    throw invalidResponse('webhook response was absent');
  }
  if (version === 'v1' && response.uid !== uid) {
    throw invalidResponse(
      `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(
        response.uid ?? '',
      )}`,
    );
  }
  const apiVersion = `admission.k8s.io/${version}`;
  if (
    version === 'v1' &&
    (answer.kind !== 'AdmissionReview' || answer.apiVersion !== apiVersion)
  ) {
    throw invalidResponse(
      `expected webhook response of ${apiVersion}, Kind=AdmissionReview, got ${
        answer.apiVersion ?? '/'
      }, Kind=${answer.kind ?? ''}`,
    );
  }
  return {
    allowed: response.allowed === true,
    status: response.status,
    patch: patchOf(response, mutating),
    warnings: response.warnings ?? [],
  };
}

/** The refusal of a webhook, as the client sees it. */
export function denialOf(name: string, { status = {} }: Verdict): ApiError {
  const { code = 0, message, reason, details } = status;
  const start = `admission webhook ${JSON.stringify(name)} denied the request`;
  const why = message || reason;
  return new ApiError(
    Math.max(code, 400),
    reason ?? '',
    why ? `${start}: ${why}` : `${start} without explanation`,
    details,
  );
}
