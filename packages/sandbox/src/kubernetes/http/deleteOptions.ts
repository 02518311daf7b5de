import { DeleteOptions } from '../api/deletion';
import { badRequest, fieldErrors, invalid } from '../model/status';
import { isTrue } from './listOptions';

const POLICIES = ['Foreground', 'Background', 'Orphan'];

function graceOf(body: any, query: URLSearchParams): number | undefined {
  const text = query.get('gracePeriodSeconds');
  if (!text) {
    return body.gracePeriodSeconds;
  }
  if (!/^[+-]?\d+$/.test(text)) {
    throw badRequest(
      `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  }
  return body.gracePeriodSeconds ?? Number(text);
}

/** The options of a delete, from its body and its query; refuses what the API server refuses. */
export function deleteOptionsOf(
  body: any,
  query: URLSearchParams,
): DeleteOptions {
  const orphan: boolean | undefined =
    body.orphanDependents ??
    (query.has('orphanDependents')
      ? isTrue(query.get('orphanDependents'))
      : undefined);
  const policy: string | undefined =
    body.propagationPolicy ?? (query.get('propagationPolicy') || undefined);
  const errors = [
    ...(policy !== undefined && orphan !== undefined
      ? [
          fieldErrors.invalid(
            'propagationPolicy',
            policy,
            'orphanDependents and deletionPropagation cannot be both set',
          ),
        ]
      : []),
    ...(policy !== undefined && !POLICIES.includes(policy)
      ? [
          fieldErrors.notSupported('propagationPolicy', policy, [
            ...POLICIES,
            'nil',
          ]),
        ]
      : []),
  ];
  if (errors.length > 0) {
    throw invalid('meta.k8s.io', 'DeleteOptions', '', errors);
  }
  return {
    gracePeriodSeconds: graceOf(body, query),
    propagationPolicy: (policy ??
      (orphan ? 'Orphan' : undefined)) as DeleteOptions['propagationPolicy'],
    preconditions: body.preconditions,
  };
}
