// Where programs of the set-up say what they say: on standard error. Standard output is the task's alone, so that what a person pipes
// from `npm run quickstart -- --json` is one JSON object on a fresh machine too.
export const SET_UP_STDIO = ["inherit", 2, 2];
