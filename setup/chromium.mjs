// Chromium, in which the tests open the HTML page. Debian's package where apt and root are at hand.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { SET_UP_STDIO } from "./set-up-stdio.mjs";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Path of an installed Chromium or Chrome (RPO_CHROMIUM names another), or null. */
export function chromiumPath() {
  return [process.env.RPO_CHROMIUM, ...PLACES].find((path) => path && existsSync(path)) ?? null;
}

const quiet = { stdio: SET_UP_STDIO, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } };

export const chromiumStep = {
  name: "Chromium (Debian package), for the test of the HTML page",
  done: () => chromiumPath() !== null,
  run: () => {
    const isRoot = process.getuid?.() === 0;
    const apt = (args) =>
      spawnSync(isRoot ? "apt-get" : "sudo", isRoot ? args : ["-n", "apt-get", ...args], quiet).status === 0;
    if (
      !(
        apt(["update", "-qq"]) && apt(["install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-noto-cjk"])
      )
    ) {
      throw new Error(
        "Chromium could not be installed. Install Chromium or Chrome yourself, or name it in RPO_CHROMIUM, and try again",
      );
    }
  },
};
