import { startAgent } from '../runtime/agentProgram';
import { NodeFacts } from '../controllers/nodes';
import { AgentPort, listenOn, NodeConditions } from './nodeConditions';

const start = (state: AgentPort, ...args: string[]) =>
  startAgent(
    args,
    {
      listen: (address, port) => listenOn(address, port, state),
    } as Parameters<typeof startAgent>[1],
    Date.UTC(2026, 10, 26),
  );

describe('the start of the agent', () => {
  it('fails without IPv6, in the words of the real one', () => {
    expect(start('no-ipv6')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        '{"level":"fatal","msg":"Unable to start server: listen tcp [fd00:ec2::23]:80: bind: cannot assign requested address","time":"2026-11-26T00:00:00Z"}\n',
    });
  });

  it('fails where another program has its port', () => {
    expect(start('in-use', '-b', '169.254.170.23')?.stderr).toContain(
      'listen tcp 169.254.170.23:80: bind: address already in use',
    );
  });

  it.each([
    ['-b', '169.254.170.23'],
    ['--bind-hosts=169.254.170.23'],
    ['--bind-hosts', '169.254.170.23,127.0.0.1'],
  ])('heeds its arguments: %s', (...args) => {
    expect(start('no-ipv6', '--port', '80', ...args)).toBeUndefined();
    expect(start('free')).toBeUndefined();
  });
});

describe('the credentials of an agent', () => {
  const node = (name: string): NodeFacts => ({
    name,
    kind: 'managed',
    roleArn: 'arn:aws:iam::111122223333:role/nodes',
    instanceId: `i-${name}`,
    imdsHopLimit: 1,
    ip: '10.0.0.1',
    zone: 'eu-west-1a',
  });

  it('come back with what its instance lacks', () => {
    const conditions = new NodeConditions();
    const states = () =>
      ['a', 'b'].map(name => conditions.credentials(node(name)));
    conditions.setCredentials('no-instance-profile');
    conditions.change('a', { hasProfile: true, roleArn: 'arn:other' });
    expect(states()).toEqual(['present', 'no-instance-profile']);
    expect(conditions.instance(node('a')).roleArn).toBe('arn:other');
    conditions.setCredentials('no-imds');
    expect(states()).toEqual(['no-imds', 'no-imds']);
    conditions.change('b', { imdsEnabled: true });
    expect(states()).toEqual(['no-imds', 'present']);
    conditions.clear();
    expect(states()).toEqual(['present', 'present']);
    expect(conditions.instance(node('a')).roleArn).toBe(node('a').roleArn);
  });
});
