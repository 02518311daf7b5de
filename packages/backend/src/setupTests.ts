// Some tests start a whole backend: on a busy machine that takes more than Jest's five seconds
jest.setTimeout(30_000);
