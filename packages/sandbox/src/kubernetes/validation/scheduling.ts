import { FieldError, fieldErrors } from '../model/status';
import { validateLabels } from './metadata';
import { labelValue, qualifiedName } from '../model/names';

const { invalid, required, forbidden, notSupported } = fieldErrors;

const keyErrors = (key: string, field: string) =>
  qualifiedName(key ?? '').map(text => invalid(field, key ?? '', text));

const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function validateToleration(toleration: any, field: string): FieldError[] {
  const { key = '', operator = '', value = '', effect = '' } = toleration;
  const operatorErrors = (): FieldError[] => {
    switch (operator) {
      case '':
      case 'Equal': {
        const faults = labelValue(value);
        return faults.length > 0
          ? [invalid(`${field}.operator`, value, faults.join(';'))]
          : [];
      }
      case 'Exists':
        return value
          ? [
              invalid(
                `${field}.operator`,
                toleration,
                "value must be empty when `operator` is 'Exists'",
              ),
            ]
          : [];
      default:
        return [
          notSupported(`${field}.operator`, operator, ['Equal', 'Exists']),
        ];
    }
  };
  return [
    ...(key ? keyErrors(key, `${field}.key`) : []),
    ...(!key && operator !== 'Exists'
      ? [
          invalid(
            `${field}.operator`,
            operator,
            'operator must be Exists when `key` is empty, which means "match all values and all keys"',
          ),
        ]
      : []),
    ...(toleration.tolerationSeconds !== undefined && effect !== 'NoExecute'
      ? [
          invalid(
            `${field}.effect`,
            effect,
            "effect must be 'NoExecute' when `tolerationSeconds` is set",
          ),
        ]
      : []),
    ...operatorErrors(),
    ...(effect && !TAINT_EFFECTS.includes(effect)
      ? [notSupported(`${field}.effect`, effect, TAINT_EFFECTS)]
      : []),
  ];
}

const IN = ['In', 'NotIn'];
const EXISTS = ['Exists', 'DoesNotExist'];
const COMPARISONS = ['Gt', 'Lt'];

/** One `{key, operator, values}` of a label or node selector. */
function validateRequirement(
  requirement: any,
  field: string,
  operators: string[],
): FieldError[] {
  const { key, operator = '', values = [] } = requirement;
  const errors: FieldError[] = [];
  if (!operators.includes(operator)) {
    errors.push(
      invalid(`${field}.operator`, operator, 'not a valid selector operator'),
    );
  } else if (IN.includes(operator) && values.length === 0) {
    errors.push(
      required(
        `${field}.values`,
        "must be specified when `operator` is 'In' or 'NotIn'",
      ),
    );
  } else if (EXISTS.includes(operator) && values.length > 0) {
    errors.push(
      forbidden(
        `${field}.values`,
        "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
      ),
    );
  } else if (COMPARISONS.includes(operator) && values.length !== 1) {
    errors.push(
      required(
        `${field}.values`,
        "must be specified single value when `operator` is 'Lt' or 'Gt'",
      ),
    );
  }
  return [...errors, ...keyErrors(key, `${field}.key`)];
}

/** A LabelSelector object. */
export function validateLabelSelector(
  selector: any,
  field: string,
): FieldError[] {
  return [
    ...validateLabels(selector?.matchLabels, `${field}.matchLabels`),
    ...(selector?.matchExpressions ?? []).flatMap((e: any, i: number) => [
      ...validateRequirement(e, `${field}.matchExpressions[${i}]`, [
        ...IN,
        ...EXISTS,
      ]),
      ...(e.values ?? []).flatMap((value: string, at: number) =>
        labelValue(value).map(text =>
          invalid(`${field}.matchExpressions[${i}].values[${at}]`, value, text),
        ),
      ),
    ]),
  ];
}

const validateNodeTerm = (term: any, field: string): FieldError[] =>
  (term?.matchExpressions ?? []).flatMap((e: any, i: number) =>
    validateRequirement(e, `${field}.matchExpressions[${i}]`, [
      ...IN,
      ...EXISTS,
      ...COMPARISONS,
    ]),
  );

const weightErrors = (weight: number, field: string) =>
  weight >= 1 && weight <= 100
    ? []
    : [invalid(`${field}.weight`, weight ?? 0, 'must be in the range 1-100')];

function validateNodeAffinity(affinity: any, field: string): FieldError[] {
  const needed = affinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms = needed?.nodeSelectorTerms ?? [];
  const at = `${field}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
  const preferred =
    affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...(needed && terms.length === 0
      ? [required(at, 'must have at least one node selector term')]
      : []),
    ...terms.flatMap((term: any, i: number) =>
      validateNodeTerm(term, `${at}[${i}]`),
    ),
    ...preferred.flatMap((entry: any, i: number) => {
      const here = `${field}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
      return [
        ...weightErrors(entry.weight, here),
        ...validateNodeTerm(entry.preference, `${here}.preference`),
      ];
    }),
  ];
}

const validatePodTerm = (term: any, field: string): FieldError[] => [
  ...validateLabelSelector(term?.labelSelector, `${field}.labelSelector`),
  ...(term?.topologyKey
    ? keyErrors(term.topologyKey, `${field}.topologyKey`)
    : [required(`${field}.topologyKey`, 'can not be empty')]),
];

function validatePodAffinity(affinity: any, field: string): FieldError[] {
  const needed = affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const preferred =
    affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...needed.flatMap((term: any, i: number) =>
      validatePodTerm(
        term,
        `${field}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`,
      ),
    ),
    ...preferred.flatMap((entry: any, i: number) => {
      const here = `${field}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`;
      return [
        ...weightErrors(entry.weight, here),
        ...validatePodTerm(entry.podAffinityTerm, `${here}.podAffinityTerm`),
      ];
    }),
  ];
}

/** Affinity of a pod spec. */
export const validateAffinity = (
  affinity: any,
  field: string,
): FieldError[] => [
  ...validateNodeAffinity(affinity?.nodeAffinity, `${field}.nodeAffinity`),
  ...validatePodAffinity(affinity?.podAffinity, `${field}.podAffinity`),
  ...validatePodAffinity(affinity?.podAntiAffinity, `${field}.podAntiAffinity`),
];

export const validateTolerations = (
  tolerations: any[] = [],
  field: string,
): FieldError[] =>
  tolerations.flatMap((toleration, index) =>
    validateToleration(toleration, `${field}[${index}]`),
  );
