// Sockets, processes and a kubelet share two cores in these tests: on a busy machine that takes more than Jest's five seconds
jest.setTimeout(30_000);
// One that failed is tried once more, and both are printed: what fails twice is broken
jest.retryTimes(1, { logErrorsBeforeRetry: true });
