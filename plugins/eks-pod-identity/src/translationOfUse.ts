/** Texts about the use of an identity by applications, as AWS recorded it. */
export const messagesOfUse = {
  title: 'Used by the application',
  obtained: 'obtained by {{pod}} at {{when}}',
  notSeen:
    'Your application has not used it yet, as far as AWS has told: it shows such events within 15 minutes.',
  byIrsa:
    'This service account obtains the role by IRSA, last {{when}}; no pod of it was seen to obtain it by Pod Identity.',
  gain: 'The portal does not read what applications do with this identity. With eksPodIdentity.evidence.cloudTrail it shows which pods obtained the role, with which SDK, what they called and what AWS denied them.',
  denied: 'AWS does not let the portal read it.',
  unread: 'What the application did with it has not been read yet.',
  deniedLately: 'AWS denied one of its calls {{when}}',
  lastUsed: 'role last used {{when}}',
  readUntil: 'read {{when}}',
  cut: 'older entries are not shown',
  readUpTo: {
    events: 'only the newest {{count}} events of the role were read',
    sessions: 'only calls of the newest {{count}} sessions were read',
    calls: 'only the newest {{count}} calls of each session were read',
  },
  refreshing: 'Reading what is new…',
  times_one: '{{count}} time',
  times_other: '{{count}} times',
  pods: 'Pods that obtained the role',
  calls: 'Calls',
  refusals: 'Denied by AWS',
  others: 'Others who obtained the role',
  staticKeys: 'Calls with an access key of a pod’s own spec',
  nodes:
    'Calls made with the role of the node; any pod on it could have made them',
  ownIrsa: 'this service account, by IRSA',
  source: {
    'pod-identity': 'by Pod Identity',
    node: 'as the node',
    irsa: 'by IRSA',
    environment: 'by keys in the environment',
    profile: 'by keys in a profile',
  },
  unnamed: {
    'pod-identity': 'another service account',
    irsa: 'a service account, by IRSA',
    role: 'another role',
    node: 'a node',
    user: 'an IAM user',
    service: 'a service of AWS',
    other: 'another identity',
  },
} as const;
