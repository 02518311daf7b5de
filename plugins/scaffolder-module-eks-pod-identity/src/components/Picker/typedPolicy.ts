import { associateInputShape } from 'backstage-plugin-eks-pod-identity-common';
import type { PickerOption } from './types';

/** The refused policy of the list whose ARN was typed, or whose name, unless an allowed one has the same name. */
export function refusedOf(
  typed: string,
  options: PickerOption[],
): PickerOption | undefined {
  const refused = options.filter(({ refusal }) => refusal);
  return (
    refused.find(({ value }) => value === typed) ??
    (allowedOf(typed, options).length === 0
      ? refused.find(({ label }) => label === typed)
      : undefined)
  );
}

/** The policy that a typed text means: an ARN, or the name of exactly one allowed policy on the list. */
export function policyOf(
  typed: string,
  options: PickerOption[],
): string | undefined {
  if (refusedOf(typed, options)) return undefined;
  if (isPolicyArn(typed)) return typed;
  const named = allowedOf(typed, options);
  // Two policies with different paths can have the same name
  return named.length === 1 ? named[0].value : undefined;
}

function allowedOf(name: string, options: PickerOption[]): PickerOption[] {
  return options.filter(({ label, refusal }) => label === name && !refusal);
}

function isPolicyArn(text: string): boolean {
  return associateInputShape.managedPolicyArns.safeParse([text]).success;
}
