import { containsInOrder } from '../../text/search';
import type { ProbeLine } from '../framework/facts/probe';

/** What the first command's answer reveals about the agent. */
export type AgentReading =
  /** The agent gave credentials; any other error came later. */
  | { kind: 'answered' }
  | { kind: AgentFault; status?: number; text: string; principal?: string };

/** Faults between the container and its credentials, by cause. */
export type AgentFault =
  | 'no-association'
  | 'role-refused'
  | 'node-role-denied'
  | 'token-refused'
  | 'token-expired'
  | 'token-empty'
  | 'token-unreadable'
  | 'wrong-address'
  | 'throttled'
  | 'eks-auth-failed'
  | 'eks-auth-unreachable'
  | 'agent-without-credentials'
  | 'session-too-big'
  | 'connect-timeout'
  | 'refused'
  | 'read-timeout'
  | 'no-credentials'
  | 'other-provider'
  | 'no-cli'
  | 'unrecognised';

const NON_200 =
  /Received non 200 response (\d{3}) from container metadata:?\s*([\s\S]*)$/;
const AGENT_URL = /169\.254\.170\.23|fd00:ec2::23|\/v1\/credentials/;

/** Classifies the agent's body by its text before its status: 400 alone has four causes. */
function faultOfBody(status: number, body: string): AgentFault {
  if (/PackedPolicyTooLarge|allotted space|size limit/i.test(body)) {
    return 'session-too-big';
  }
  if (/eks-auth:AssumeRoleForPodIdentity/.test(body)) return 'node-role-denied';
  if (/does not have permissions to assume the associated role/i.test(body)) {
    return 'role-refused';
  }
  if (
    /no service (account )?role association/i.test(body) ||
    (status === 404 && /ResourceNotFound/.test(body))
  ) {
    return 'no-association';
  }
  if (/token cannot be empty/i.test(body)) return 'token-empty';
  if (/ExpiredToken|token is expired|failed basic claim/i.test(body)) {
    return 'token-expired';
  }
  if (/token cannot be parsed|InvalidToken/i.test(body)) return 'token-refused';
  if (/invalid address/i.test(body)) return 'wrong-address';
  if (status === 429 || /Throttling|Too Many Requests/i.test(body)) {
    return 'throttled';
  }
  if (/\((InternalServer|ServiceUnavailable)\w*\)/.test(body)) {
    return 'eks-auth-failed';
  }
  if (/no EC2 IMDS role found|operation error ec2imds/i.test(body)) {
    return 'agent-without-credentials';
  }
  if (
    status >= 500 &&
    (/^(\[\s*\])?$/.test(body.trim()) ||
      /StatusCode: 0|context (canceled|deadline exceeded)|EKS Auth/i.test(body))
  ) {
    return 'eks-auth-unreachable';
  }
  return 'unrecognised';
}

/** The CLI's message without its preamble; the whole text if it has none. */
function shorten(text: string): string {
  return text
    .trim()
    .replace(/^Error when retrieving credentials from [^:]+:\s*/i, '')
    .replace(/^Error retrieving metadata:\s*/i, '')
    .trim();
}

function transportFault(text: string): AgentFault | undefined {
  if (/Connect timeout on endpoint URL/i.test(text)) return 'connect-timeout';
  if (/Read timeout on endpoint URL/i.test(text)) return 'read-timeout';
  if (/Could not connect to the endpoint URL|Connection refused/i.test(text)) {
    return 'refused';
  }
  return undefined;
}

/**
 * Reads the answer of `aws sts get-caller-identity`. An error of STS itself means that the agent answered: the
 * CLI only gets there with credentials.
 */
export function readAgentAnswer(line: ProbeLine): AgentReading {
  if (line.exitCode === 0) return { kind: 'answered' };
  const text = shorten(line.text);
  const non200 = NON_200.exec(text);
  if (non200) {
    const status = Number(non200[1]);
    const body = non200[2].trim();
    const principal =
      /User: (arn:\S+) is not authorized to perform: eks-auth:/.exec(body)?.[1];
    return {
      kind: faultOfBody(status, body),
      status,
      text: body || `status ${status} without a text`,
      ...(principal ? { principal } : {}),
    };
  }
  const transport = transportFault(text);
  if (transport && (/container metadata/i.test(text) || AGENT_URL.test(text))) {
    return { kind: transport, text };
  }
  if (/Unable to locate credentials/i.test(text)) {
    return { kind: 'no-credentials', text };
  }
  if (/not a legal header value|\[Errno (2|13)\]/i.test(text)) {
    return { kind: 'token-unreadable', text };
  }
  if (/Unsupported host/i.test(text)) return { kind: 'wrong-address', text };
  if (
    line.exitCode === 126 ||
    line.exitCode === 127 ||
    /command not found|No module named/i.test(text)
  ) {
    return { kind: 'no-cli', text };
  }
  if (
    /AssumeRoleWithWebIdentity|Error when retrieving credentials from (?!container-role)/i.test(
      line.text,
    ) ||
    containsInOrder(line.text, 'config profile ', 'could not be found')
  ) {
    return { kind: 'other-provider', text };
  }
  if (
    /Error when retrieving credentials from container-role/i.test(line.text)
  ) {
    return { kind: 'unrecognised', text };
  }
  // The CLI called STS, so it had credentials: an error of STS, or STS is unreachable.
  if (
    transport ||
    /An error occurred \(|SSL|certificate|Unable to parse response|Could not resolve|proxy/i.test(
      text,
    )
  ) {
    return { kind: 'answered' };
  }
  return { kind: 'unrecognised', text };
}
