import { InputError, NotAllowedError } from '@backstage/errors';
import { OPTIONS_WITHOUT_VALUE, NEVER_OPTIONS } from './defaults';
import type { ClusterConfig } from './types';

/** What the AWS CLI loads instead of taking it as it is. */
export const LOADING = /(file|fileb|https?):\/\//i;
const S3_PLACE = /^(s3:\/\/)?[A-Za-z0-9][A-Za-z0-9.:_-]*(\/.*)?$/;

function checkValue(field: string, value: string): void {
  if (LOADING.test(value)) {
    throw new NotAllowedError(
      `${field} "${value}" is not allowed: the AWS CLI would load it from a file or an address; give the value itself`,
    );
  }
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(value)) {
    throw new InputError(`${field} holds control characters`);
  }
}

/**
 * Judges one command that a probe may run with the pod's credentials.
 *
 * @param field - where it stands, for errors
 * @throws InputError or NotAllowedError naming the word and the rule
 */
export function checkCommand(
  field: string,
  command: string[],
  cluster: Pick<ClusterConfig, 'id' | 'guardrails'>,
): void {
  const { commands } = cluster.guardrails.probe;
  const [service, operation, ...rest] = command;
  if (service === 'aws') {
    throw new InputError(
      `${field} must begin after "aws": leave that word out`,
    );
  }
  const key = `${service} ${operation ?? ''}`;
  if (!Object.prototype.hasOwnProperty.call(commands, key)) {
    throw new NotAllowedError(
      `${field} "${key.trim()}" is not allowed on cluster ${
        cluster.id
      }: guardrails.probe.commands lists ${
        Object.keys(commands).join(', ') || 'none'
      }`,
    );
  }
  const options = commands[key];
  let place: string | undefined;
  let afterOption = false;
  rest.forEach((token, index) => {
    const at = `${field}[${index + 2}]`;
    if (token.startsWith('-')) {
      const [name, ...inline] = token.split('=');
      if (!options.includes(name) || NEVER_OPTIONS.includes(name)) {
        throw new NotAllowedError(
          `${at} "${name}" is not allowed for "${key}": its options are ${
            options.join(', ') || 'none'
          }, each by its full name`,
        );
      }
      checkValue(at, inline.join('='));
      afterOption =
        inline.length === 0 &&
        !OPTIONS_WITHOUT_VALUE.includes(name) &&
        !name.startsWith('--no-');
      return;
    }
    checkValue(at, token);
    if (afterOption) {
      // Only one value per option: a list could not be told from a positional argument.
      afterOption = false;
      return;
    }
    if (service !== 's3' || place !== undefined || !S3_PLACE.test(token)) {
      throw new InputError(
        service === 's3'
          ? `${at} "${token}" is not allowed there: "${key}" takes one place such as s3://my-bucket/prefix/`
          : `${at} "${token}" does not belong there: every value follows its option, such as ${
              options[0] ?? '--name'
            } value`,
      );
    }
    place = token;
  });
}
