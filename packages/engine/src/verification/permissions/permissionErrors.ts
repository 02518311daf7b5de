import { type DenialLayer, isDenialCode, parseDenial } from '../../aws/denial';
import type { ProbeLine } from '../framework/facts/probe';

/** Result of a permission command. */
export interface PermissionReading {
  /**
   * `denied`: AWS denied it · `missing`: the named resource does not exist · `refused`: another error of the service ·
   * `unanswered`: no answer about the permission.
   */
  kind: 'allowed' | 'denied' | 'missing' | 'refused' | 'unanswered';
  /** AWS's own words. */
  text: string;
  /** Layer of AWS's authorisation that denied the command, if AWS names it. */
  layer?: DenialLayer;
  explicit: boolean;
  action?: string;
  resource?: string;
}

const SERVICE_ERROR =
  /An error occurred \(([^()]+)\) when calling the \S+ operation/;
const MISSING =
  /^(404$|NoSuch|NotFound)|NotFound(Exception)?$|NonExistent|DoesNotExist$/;
const PASSING =
  /^(Throttl\w*|RequestLimitExceeded|SlowDown|TooManyRequests\w*|5\d\d|Internal\w*|ServiceUnavailable\w*)$/;

/** Reads the answer of one permission command. */
export function readPermissionAnswer(line: ProbeLine): PermissionReading {
  const text = line.text.replace(/\s+/g, ' ').trim();
  if (line.exitCode === 0) return { kind: 'allowed', text, explicit: false };
  const code = SERVICE_ERROR.exec(text)?.[1].replace(/^.*[.:#]/, '');
  if (code === undefined) return { kind: 'unanswered', text, explicit: false };
  if (isDenialCode(code)) {
    const denial = parseDenial(text);
    return {
      kind: 'denied',
      text,
      layer: denial.layer,
      explicit: denial.explicit,
      action: denial.action,
      resource: denial.resource,
    };
  }
  if (MISSING.test(code)) return { kind: 'missing', text, explicit: false };
  if (PASSING.test(code)) return { kind: 'unanswered', text, explicit: false };
  return { kind: 'refused', text, explicit: false };
}
