import { metricsServiceMock } from '@backstage/backend-test-utils/alpha';
import { until } from 'eks-sandbox/patience';
import { createTelemetry } from './telemetry';

it('tells how long work had to wait for the thread since the last reading', async () => {
  const metrics = metricsServiceMock.mock();
  createTelemetry(metrics);
  const [gauge] = metrics.createObservableGauge.mock.results;
  const [[read]] = gauge.value.addCallback.mock.calls;
  const seconds = () => {
    const observe = jest.fn();
    read({ observe });
    return observe.mock.calls[0][0];
  };
  let hasBlocked = false;
  let longest = 0;
  await until(() => {
    if (hasBlocked) longest = seconds();
    const end = performance.now() + 200;
    while (!hasBlocked && performance.now() < end);
    // The delay is noted after this turn, and a reading starts over.
    hasBlocked = !hasBlocked;
    return longest > 0.15;
  });
  expect(longest).toBeLessThan(60);
  // The longest wait was before this one.
  await until(() => seconds() < 0.15);
});
