// Some tests start a whole backend: on a busy machine this takes more than Jest's five seconds
jest.setTimeout(30_000);
// A failed test is run once more, and both results are printed
jest.retryTimes(1, { logErrorsBeforeRetry: true });
