export { Problem, asProblem, problemOf, type FieldProblem } from "../../client/src/problem";
