import { CallerLimiter } from './CallerLimiter';

const ada = { type: 'user', name: 'user:default/ada' } as const;

describe('what a caller may have under way', () => {
  const limiter = () => new CallerLimiter({ limit: 2, refusal: 'Too many' });

  it('has a limit, for each caller', () => {
    const limits = limiter();
    limits.enter(ada);
    limits.enter(ada);
    expect(() => limits.enter(ada)).toThrow('Too many');
    limits.enter({ type: 'service', name: ada.name });
    limits.enter({ type: 'user', name: 'user:default/bob' });
  });

  it('ends once, however often that is said', () => {
    const limits = limiter();
    const leave = limits.enter(ada);
    limits.enter(ada);
    leave();
    leave();
    const last = limits.enter(ada);
    expect(() => limits.enter(ada)).toThrow('Too many');
    last();
    limits.enter(ada);
    expect(() => limits.enter(ada)).toThrow('Too many');
  });
});
