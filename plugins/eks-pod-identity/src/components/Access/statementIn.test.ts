import { statementIn } from './statementIn';

describe('statementIn', () => {
  it('finds a statement at the end of a sentence, also before a full stop', () => {
    expect(statementIn('It takes one more: {"Effect":"Allow"}.')).toEqual({
      before: 'It takes one more:',
      statement: '{\n  "Effect": "Allow"\n}',
    });
  });

  it.each(['No braces.', 'A {placeholder} in a name', '} before {', ''])(
    'leaves %j as it is',
    text => expect(statementIn(text)).toBeUndefined(),
  );
});
