"""Exercises for a course: a page and a notebook, each with and without answers, from the same words and facts."""
