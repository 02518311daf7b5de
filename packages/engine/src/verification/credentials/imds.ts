import { defineCheck, note, pass, skip } from '../framework/check';
import { valueOf } from '../framework/fact';
import { settingOf, voiceOf } from '../../text/voice';
import { lackOutcome } from '../access/lackOutcome';
import { parseCallerIdentity, readCaller } from './callerIdentity';
import { limitHops } from '../workloads/otherCredentials';
import { fallBackInWords, sdksOf } from '../workloads/sdks';

export const credentialsImds = defineCheck({
  id: 'credentials.imds',
  category: 'credentials',
  title: 'The node’s own role is out of the pod’s reach',
  question:
    'Can the pod still obtain the role of its node from the instance metadata service?',
  neededBy: [],
  dependsOn: [{ check: 'admission.injects', onlyWhenFailed: true }],
  needs: [],
  uses: ['podRun', 'nodes', 'evidence', 'pods'],
  evaluate({ podRun, nodes, evidence, pods }, { cluster, sdk }) {
    if (!cluster.probe.checkImds) {
      return skip(
        `Not checked: ${settingOf(
          voiceOf(cluster),
          'probe.checkImds',
        )} is not set for this cluster.`,
      );
    }
    if (!podRun.known) return lackOutcome(podRun.lack, cluster);
    const { imds, nodeName } = podRun.value;
    if (!imds) {
      return skip('Not checked: the probe had no identity to begin with.');
    }
    if (imds.exitCode !== 0) {
      return pass('The pod cannot obtain the role of its node.', {
        observed: imds.text,
      });
    }
    const caller =
      parseCallerIdentity(imds.text) ?? readCaller(imds.text.trim());
    const id = (valueOf(nodes) ?? []).find(
      ({ name }) => name === nodeName,
    )?.instanceId;
    return note(
      `The pod can still obtain the role of its node${
        caller.roleName ? ` (${caller.roleName})` : ''
      } from the instance metadata service.`,
      {
        observed: caller.arn,
        fix: {
          cause: `The hop limit of the instance metadata service lets containers through. ${fallBackInWords(
            sdksOf(evidence, valueOf(pods) ?? [], sdk),
          )}`,
          actions: [
            'Set the hop limit to 1: for this node with the command, for new ones in the launch template. Or block 169.254.169.254 by a NetworkPolicy.',
          ],
          commands: id === undefined ? [] : [limitHops(cluster.region, id)],
        },
      },
    );
  },
});
