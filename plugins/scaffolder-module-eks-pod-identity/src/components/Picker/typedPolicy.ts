import { associateInputShape } from 'backstage-plugin-eks-pod-identity-common';
import type { PickerOption } from './types';

/** The policy that a typed text means: an ARN, or the name of exactly one policy on the list. */
export function policyOf(
  typed: string,
  options: PickerOption[],
): string | undefined {
  if (isPolicyArn(typed)) return typed;
  const named = options.filter(({ label }) => label === typed);
  // Two policies with different paths can have the same name
  return named.length === 1 && !named[0].refusal ? named[0].value : undefined;
}

function isPolicyArn(text: string): boolean {
  return associateInputShape.managedPolicyArns.safeParse([text]).success;
}
