import { sectionWith } from '../../aws/findRight';
import type { Outcome } from '../framework/check';
import { skip, unknown } from '../framework/check';
import type { Lack } from '../framework/fact';
import type { Fix } from '../framework/fix';
import { RBAC_SECTIONS } from '../framework/rights';
import { lackKey } from './portalLacks';
import { iamPolicySnippet, rbacSnippet } from './rightsSnippets';
import { capitalised } from '../../text/capitalised';
import { voiceOf } from '../../text/voice';
import type { ClusterConfig } from '../../clusters/types';
import { permissionsPage } from '../../text/permissionsPage';

type Spoken = Pick<ClusterConfig, 'voice' | 'permissionsUrl'>;

/** Where everything is that the role or the user needs, so that the next read is not denied too. */
const explainedIn = (
  cluster: Spoken,
  section: string | undefined,
  who: string,
) =>
  `Everything ${who} needs is in ${permissionsPage(cluster)}${
    section ? `#${section}` : ''
  }.`;

function fixOf(lack: Lack, cluster: Spoken): Fix | undefined {
  const { me, my } = voiceOf(cluster);
  if (lack.fix) return lack.fix;
  if (lack.kind === 'denied' && lack.aws) {
    return {
      cause: `${capitalised(me)} itself lacks the right to read it.`,
      actions: [
        `Allow ${lack.aws.action} on ${
          lack.aws.resource
        } to ${my} role. ${explainedIn(
          cluster,
          sectionWith(lack.aws.action),
          'that role',
        )}`,
      ],
      snippet: iamPolicySnippet([lack.aws]),
    };
  }
  if (lack.kind === 'denied' && lack.kubernetes) {
    const { verb, resource, namespace } = lack.kubernetes;
    return {
      cause: `${capitalised(me)} itself lacks the right to read it.`,
      actions: [
        `Allow "${verb} ${resource}"${
          namespace ? ` in namespace ${namespace}` : ''
        } to ${my} user in the cluster. ${explainedIn(
          cluster,
          RBAC_SECTIONS[lack.kubernetes.role ?? 'read'],
          'that user',
        )}`,
      ],
      snippet: rbacSnippet([lack.kubernetes]),
    };
  }
  return undefined;
}

/** What to do about a lack, and the check of the access that is missing. */
export function remedyOf(
  lack: Lack,
  cluster: Spoken,
): Pick<Outcome, 'fix' | 'explainedBy' | 'lacks'> {
  return {
    fix: fixOf(lack, cluster),
    lacks: lackKey(lack),
    ...(lack.via ? { explainedBy: { check: `access.${lack.via}` } } : {}),
  };
}

/** Result of a check when a fact that it needs could not be read. */
export function lackOutcome(lack: Lack, cluster: Spoken): Outcome {
  switch (lack.kind) {
    case 'off':
    case 'not-in-probe':
      return skip(lack.sentence);
    case 'withheld':
      return skip(lack.sentence, { withheld: true });
    case 'because':
      return skip(lack.sentence, {
        explainedBy: { check: lack.because },
      });
    default:
      return unknown(lack.sentence, remedyOf(lack, cluster));
  }
}
