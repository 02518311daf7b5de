// Most tests here start a whole scaffolder, some a sandbox too: on a busy machine that takes more than Jest's five seconds
jest.setTimeout(30_000);
