// Most tests start a whole scaffolder, some a sandbox too: on a busy machine this takes more than Jest's five seconds
jest.setTimeout(30_000);
// A failed test is run once more, and both results are printed
jest.retryTimes(1, { logErrorsBeforeRetry: true });
