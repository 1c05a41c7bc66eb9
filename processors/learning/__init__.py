"""Learning: outcomes go in one by one, and a frozen version of the models comes out whenever it is asked for."""
