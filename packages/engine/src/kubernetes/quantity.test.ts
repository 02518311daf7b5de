import { addQuantities, quantityOf } from './quantity';

describe('quantities', () => {
  it.each([
    ['4', '1', '5'],
    ['500m', '1500m', '2'],
    ['2', '500m', '2500m'],
    ['0.5', '250m', '750m'],
    ['1Gi', '64Mi', '1088Mi'],
    ['1Gi', '1Gi', '2Gi'],
    ['1G', '64Mi', '1067108864'],
    ['1', '100n', '1001m'],
    ['0', '0', '0'],
  ])('%s and %s are %s', (one, other, sum) => {
    expect(addQuantities(one, other)).toBe(sum);
  });

  it('does not guess', () => {
    expect(addQuantities('some', '1')).toBeUndefined();
    expect(addQuantities('1', '2Zi')).toBeUndefined();
    expect(quantityOf('64Mi')).toBe(67_108_864);
  });
});
