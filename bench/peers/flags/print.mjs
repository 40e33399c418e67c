// print.mjs unleash|unleashExport|flagd: the fixture, as JSON.
import * as fixture from "./fixture.mjs";

console.log(JSON.stringify(fixture[process.argv[2]]()));
