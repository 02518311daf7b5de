import { PERMISSIONS_PAGE } from 'backstage-plugin-eks-pod-identity-common';
import { context } from '../__testUtils__/judge';
import { lacking } from '../framework/fact';
import { explainAgentFault } from '../credentials/agentFaults';
import { eksAuthUnreachedFix } from '../credentials/eksAuthUnreached';
import { remedyOf } from '../access/lackOutcome';
import { explainRoleRefused } from '../credentials/roleRefused';

const path = {
  config: { region: 'eu-west-1', partition: 'aws' },
  cluster: undefined,
  endpoints: undefined,
};

/** A sentence without what the report does not know. */
describe('advice where something is not known', () => {
  it.each([
    ['iam:GetRole', /#[\w-]+\.$/],
    ['iam:NoSuchAction', new RegExp(`${PERMISSIONS_PAGE}\\.$`)],
  ])('has a link to the section with %s, or to the page', (action, end) => {
    const fact = lacking({
      kind: 'denied',
      sentence: 'No.',
      aws: { action, resource: '*' },
    });
    if (fact.known) throw new Error('It is a lack');
    expect(remedyOf(fact.lack, {}).fix?.actions[0]).toMatch(end);
  });

  it.each([
    [400, 'status 400: AccessDenied'],
    [undefined, 'AccessDenied'],
  ])('shows the answer of the agent with its status %s', (status, observed) => {
    const refused = { role: null, text: 'AccessDenied', status } as any;
    expect(explainRoleRefused(refused, context)).toMatchObject({
      observed,
      fix: { cause: 'The role does not exist any more.' },
    });
  });

  it.each([
    ['node-1', 'The agent on node node-1 '],
    [undefined, 'The agent does '],
  ])(
    'names the node %s of an agent that does not answer',
    (nodeName, begin) => {
      const outcome = explainAgentFault('connect-timeout', {
        namespace: 'payments',
        serviceAccount: 'api',
        clusterName: 'payments-prod',
        region: 'eu-west-1',
        nodeName,
        text: 'timeout',
        egressPolicies: [],
        doubts: [],
        path,
      } as any);
      expect(outcome.message.slice(0, begin.length)).toBe(begin);
    },
  );

  it.each([
    [{ endpointPublicAccess: false }, true],
    [{ endpointPublicAccess: true }, false],
    [undefined, false],
  ])('says that a cluster is private: %j', (cluster, says) => {
    const { cause } = eksAuthUnreachedFix({ ...path, cluster } as any);
    expect(cause.includes('and this cluster is private')).toBe(says);
  });
});
