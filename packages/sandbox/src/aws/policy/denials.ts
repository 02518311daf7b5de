import { Decision } from './evaluate';

/** The end of AWS's access-denied sentences, which names the layer that denied ("Troubleshoot access denied error messages", IAM User Guide). */
export function denialReason(
  decision: Extract<Decision, { allowed: false }>,
  action: string,
): string {
  const article = /^[aeiou]/.test(decision.layer) ? 'an' : 'a';
  return decision.explicit
    ? `with an explicit deny in ${article} ${decision.layer}`
    : `because no ${decision.layer} allows the ${action} action`;
}

/** The full access-denied sentence. Some services omit the resource, and S3 puts it in quotes. */
export function denialSentence(options: {
  callerArn: string;
  action: string;
  resource?: string;
  reason?: string;
}): string {
  return [
    `User: ${options.callerArn} is not authorized to perform: ${options.action}`,
    options.resource && `on resource: ${options.resource}`,
    options.reason,
  ]
    .filter(Boolean)
    .join(' ');
}
