export { Problem, asProblem, problemOf, type FieldProblem, type Second } from "../../client/src/problem";
