import { startAgent } from '../runtime/agentProgram';
import { AgentPort, listenOn } from './nodeConditions';

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
