import { applyPatch as applyJsonPatch, Operation } from 'fast-json-patch';
import { sortedJson } from '../api/strategy';
import { ResourceDef } from '../model/resources';
import {
  ApiError,
  badRequest,
  fieldErrors,
  invalid,
  unsupportedPatch,
} from '../model/status';
import { applyMergePatch } from '../patch/mergePatch';
import { applyStrategicMerge } from '../patch/strategicMerge';
import { decodeObject } from '../schema/decode';
import { clone, KubeObject, RequestContext } from '../types';

export const APPLY = 'application/apply-patch+yaml';
const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const STRATEGIC_MERGE_PATCH = 'application/strategic-merge-patch+json';

const PATCH_TYPES = [JSON_PATCH, MERGE_PATCH, STRATEGIC_MERGE_PATCH, APPLY];

/** The most operations that the API server accepts in one JSON patch. */
const MOST_OPERATIONS = 10_000;

/** Refuses a content type that is no patch, before the body is read. */
export function assertPatchType(type: string): void {
  if (!PATCH_TYPES.includes(type)) {
    throw unsupportedPatch();
  }
}

function jsonPatched(current: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) {
    throw badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  }
  if (patch.length > MOST_OPERATIONS) {
    throw new ApiError(
      413,
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ${MOST_OPERATIONS}, got ${patch.length}`,
    );
  }
  try {
    return applyJsonPatch(clone(current), patch as Operation[], true)
      .newDocument;
  } catch {
    throw new ApiError(
      422,
      'Invalid',
      'the server rejected our request due to an error in our request',
      {},
    );
  }
}

function mergePatched(current: unknown, patch: unknown): unknown {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) {
    throw badRequest(
      'error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}',
    );
  }
  return applyMergePatch(current, patch);
}

function patched(
  type: string,
  current: KubeObject,
  patch: unknown,
  model: string,
): unknown {
  switch (type) {
    case JSON_PATCH:
      return jsonPatched(current, patch);
    case MERGE_PATCH:
      return mergePatched(current, patch);
    default:
      return applyStrategicMerge(current, patch, model);
  }
}

/** The object after a JSON, merge or strategic merge patch; what it became has to be one of its kind. */
export function applyPatch(
  type: string,
  current: KubeObject,
  patch: unknown,
  def: ResourceDef,
  context: RequestContext,
): KubeObject {
  const result = patched(type, current, patch, def.schema);
  try {
    return decodeObject(result, def, context);
  } catch (error) {
    if (error instanceof ApiError && error.code === 400) {
      const why = error.message.replace(
        /^.* cannot be handled as an? \w+: /,
        '',
      );
      throw invalid('', '', '', [
        fieldErrors.invalid('patch', sortedJson(result), why),
      ]);
    }
    throw error;
  }
}
