// Properties are tried with the same values in every run, so that a mutant is found or is not.

import * as fc from "fast-check";

fc.configureGlobal({ seed: 20_261_121 });
