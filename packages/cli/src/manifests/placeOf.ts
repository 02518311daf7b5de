import { relative, resolve, sep } from 'node:path';
import type {
  CheckResult,
  VerificationReport,
} from 'backstage-plugin-eks-pod-identity-common';
import type { ManifestObject } from 'eks-pod-identity-engine';
import type { Io } from '../io';
import { libraries } from '../libraries';
import type { ManifestDocument } from './documents';

/** A line of a file. */
export interface Place {
  file: string;
  /** From 1. */
  line: number;
}

/** Checks of what is not in the pods: the service account stands for it. */
const isOfPods = ({ category }: CheckResult) =>
  ['workloads', 'admission', 'credentials'].includes(category);

/** The check speaks of this object by its name. */
function isNamedBy(
  { resource, restart = [] }: CheckResult,
  { kind, name }: ManifestObject,
): boolean {
  const isIt = (one: { kind: string; name: string }) =>
    one.kind.toLowerCase() === kind.toLowerCase() && one.name === name;
  return restart.some(isIt) || (resource !== undefined && isIt(resource));
}

/** How well an object stands for a finding; the least is the best, undefined is not at all. */
function rankOf(
  check: CheckResult,
  object: ManifestObject,
): number | undefined {
  const hasCause = object.places.some(place => place.check === check.id);
  const isNamed = isNamedBy(check, object);
  if (hasCause) return isNamed ? 0 : 1;
  if (isNamed) return 2;
  if (object.is === 'other') return undefined;
  return isOfPods(check) === (object.is === 'workload') ? 3 : 4;
}

/**
 * Where the manifests say what a report finds: the line of its cause where one of them has it, else that of the object
 * it is about. Undefined where none of them has to do with the identity, or nothing is wrong.
 */
export function placeOf(
  { ref, ...report }: VerificationReport,
  documents: readonly ManifestDocument[],
): Place | undefined {
  const { common, engine } = libraries;
  const check = common.firstBrokenHop(report);
  if (!check) return undefined;
  const ranked = documents.flatMap(document => {
    const object = engine.objectInManifest(document.value, ref);
    const rank = object && rankOf(check, object);
    return rank === undefined ? [] : [{ document, object: object!, rank }];
  });
  // The sort keeps the order of the files among equals.
  const [best] = ranked.sort(
    (one, other) =>
      one.rank - other.rank ||
      Number(!one.object.namespace) - Number(!other.object.namespace),
  );
  if (!best) return undefined;
  const { document, object } = best;
  const place = object.places.find(one => one.check === check.id);
  const { file } = document;
  return { file, line: document.lineOf(place?.path ?? object.named) };
}

/** A path as the pipeline's server knows it: from the folder that the repository was checked out into. */
export function inRepository(path: string, env: Io['env']): string {
  const root = env.GITHUB_WORKSPACE || env.CI_PROJECT_DIR || process.cwd();
  const from = relative(root, resolve(path));
  const isOutside = from.startsWith('..') || resolve(from) === from;
  return (isOutside ? path : from).split(sep).join('/');
}
