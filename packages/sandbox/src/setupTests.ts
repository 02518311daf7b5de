// These tests run sockets, processes and kubelets on two cores: on a busy machine they exceed Jest's five seconds.
jest.setTimeout(30_000);
// A failed test is retried once and both errors are printed; a test that fails twice is broken.
jest.retryTimes(1, { logErrorsBeforeRetry: true });
