output "balancer_name" {
  description = "Let the site's name point here (CNAME or alias)."
  value       = aws_lb.site.dns_name
}

output "packages_bucket" {
  description = "For `deploy/apt/repository.py create --bucket`."
  value       = aws_s3_bucket.packages.bucket
}

output "repository" {
  description = "The package repository's address, for `deploy/cloud-init/render.py`; to be read from the private subnets."
  value       = local.repository
}

output "publisher_policy" {
  description = "For the account or role of the machine that builds."
  value       = aws_iam_policy.publisher.arn
}

output "connections" {
  description = "Connections that PostgreSQL may see at the worst moment, and how many are left."
  value       = { most = module.budget.most, room = module.budget.room }
}
