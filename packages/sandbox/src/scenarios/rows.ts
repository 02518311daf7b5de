/** A known failure: of EKS Pod Identity (numbers), or as only a real cluster shows it (E). */
interface Row {
  title: string;
  /** Why the sandbox cannot show it. */
  notShown?: string;
}

/** The known failures, in the order of the way to the credentials. */
export const ROWS = {
  '1': { title: 'The association has not spread when a pod is created' },
  '2': { title: 'A pod is older than the association' },
  '3': { title: 'No association for this namespace and ServiceAccount' },
  '4': { title: 'The pod runs under another ServiceAccount' },
  '5': { title: 'The namespace or the ServiceAccount does not exist' },
  '6': { title: 'The agent is not installed' },
  '7': { title: 'No ready agent on the node of the pod' },
  '8': { title: 'The add-on is degraded or could not be created' },
  '9': { title: 'The agent crashes on a node without IPv6' },
  '10': { title: 'Port 80 of the node is taken' },
  '11': { title: 'The trust policy is for IRSA only' },
  '12': { title: 'The trust policy lacks sts:TagSession' },
  '13': { title: 'A condition of the trust policy does not match' },
  '14': { title: 'The trust policy needs session tags that are off' },
  '15': { title: 'The role was deleted or made anew' },
  '16': { title: 'The role was made a moment ago' },
  '17': { title: 'The node role may not call EKS Auth' },
  '18': { title: 'The subnets of the nodes have no way to EKS Auth' },
  '19': { title: 'EKS Auth throttles' },
  '20': { title: 'A proxy takes the requests to the agent' },
  '21': { title: 'A NetworkPolicy cuts pods off from the agent' },
  '22': { title: 'Security groups for pods in strict mode' },
  '23': { title: 'Pods on Fargate' },
  '24': { title: 'Pods on Windows, hybrid nodes or Outposts' },
  '25': { title: 'Auto Mode beside nodes without agent' },
  '26': { title: 'IRSA wins over Pod Identity' },
  '27': { title: 'Keys, a profile or files win over Pod Identity' },
  '28': { title: 'A pod or a container is left out' },
  '29': { title: 'The webhook fails or was changed' },
  '30': { title: 'Pods become the node' },
  '31': {
    title: 'The SDK of the application is too old',
    notShown:
      'Programs in pods of the sandbox have no SDK of their own; it belongs to the proof by the application.',
  },
  '32': { title: 'The agent refuses the token of a program' },
  '33': { title: 'The identity is right and a permission is missing' },
  '34': { title: 'A policy was attached a moment ago' },
  '35': {
    title: 'A session policy with session tags on',
    notShown:
      'It is the input of a request, which AWS refuses: there is no state to show.',
  },
  '36': { title: 'The session is too large' },
  '37': { title: 'The target role cannot be assumed' },
  '38': { title: 'The target role trusts a deleted role' },
  '39': { title: 'Pods hold credentials from before a change' },
  '40': { title: 'The association has another role' },
  '41': { title: 'The association belongs to an add-on' },
  '42': { title: 'The quota of associations is reached' },
  '43': { title: 'The portal may not pass the role' },
  '44': { title: 'The portal may not delete the association' },
  '45': { title: 'The cluster does not know the portal' },
  '46': { title: 'The portal has no Kubernetes rights' },
  '47': { title: 'The Kubernetes API cannot be reached' },
  '48': { title: 'The probe pod cannot run' },
  '49': { title: 'The role cannot be deleted' },
  '50': { title: 'Others use the agent that is to be removed' },
  '51': { title: 'The cluster is not active, or too old' },
  '52': { title: 'The token for the Kubernetes API is refused' },
  E1: { title: 'Packets to EKS Auth are dropped' },
  E2: { title: 'EKS Auth refuses connections' },
  E3: { title: 'The agent has no credentials of its own' },
  E4: { title: 'The agent is not found, and the trust policy is wrong' },
  E5: { title: 'A policy webhook is gone and fails closed' },
  E6: { title: 'A webhook hangs' },
  E7: { title: 'The namespace is being deleted' },
  E8: { title: 'The cluster knows one role of the portal, not another' },
  E9: { title: 'The pod fits on no node' },
  E10: { title: 'The Kubernetes API throttles' },
  E11: { title: 'An API server goes away' },
} as const satisfies Record<string, Row>;

export type RowId = keyof typeof ROWS;
